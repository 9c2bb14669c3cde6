# A stream for git fast-import: some commits to some files of some hundred lines.
function text(file, version,    i, lines) {
        lines = ""
        for (i = 1; i <= 200; i++)
                lines = lines "line " i " of file " file ((i * 31 + version * 7) % 11 ? "" : ", changed in version " version - version % 5) "\n"
        return lines
}

BEGIN {
        if (!versions)
                versions = 900
        for (version = 1; version <= versions; version++) {
                message = "Change " version "\n"
                printf "commit refs/heads/main\ncommitter A B <a@b> %d +0000\ndata %d\n%s", 1700000000 + version * 3600, length(message), message
                for (file = version % 40; file < 60; file += 20) {
                        content = text(file, version)
                        printf "M 100644 inline directory%d/file%d\ndata %d\n%s\n", file % 7, file, length(content), content
                }
        }
}
