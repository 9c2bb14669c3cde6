-- What scripts do: build tables of objects, concatenate, match, sort, and let the collector clean up.
local function records(count)
        local all = {}
        for i = 1, count do
                all[i] = {id = i, name = "name " .. (i * 7919 % count), tags = {"tag" .. i % 17, "tag" .. i % 5}}
        end
        return all
end

local function encode(all)
        local lines = {}
        for _, record in ipairs(all) do
                lines[#lines + 1] = string.format("%d\t%s\t%s", record.id, record.name, table.concat(record.tags, ","))
        end
        return table.concat(lines, "\n")
end

local function decode(text)
        local all = {}
        for id, name, tags in text:gmatch("(%d+)\t([^\t\n]*)\t([^\n]*)") do
                local record = {id = tonumber(id), name = name, tags = {}}
                for tag in tags:gmatch("[^,]+") do
                        record.tags[#record.tags + 1] = tag
                end
                all[#all + 1] = record
        end
        return all
end

local sum = 0
for _ = 1, tonumber(arg[1]) do
        local all = decode(encode(records(20000)))
        table.sort(all, function(a, b) return a.name < b.name end)
        local groups = {}
        for _, record in ipairs(all) do
                local key = record.name:sub(-2)
                groups[key] = (groups[key] or "") .. record.tags[1]
        end
        for _, text in pairs(groups) do
                sum = sum + #text
        end
end
print(sum)
