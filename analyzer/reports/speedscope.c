/* speedscope's file format: the frames once, then for each cost a profile of samples, outermost frame first. */
#include "analyzer/reports/export.h"

#include <stdlib.h>

#include "analyzer/reports/formats.h"

enum { NAME_BYTES = 512 };

static void put_text(const char *text, FILE *out)
{
        fputc('"', out);
        for (size_t bytes; *text; text += bytes ? bytes : 1) {
                bytes = utf8_bytes(text);
                if (bytes == 0 || (unsigned char)*text < 0x20)
                        fprintf(out, "\\u%04x", (unsigned char)*text);
                else if (*text == '"' || *text == '\\')
                        fprintf(out, "\\%c", *text);
                else
                        fwrite(text, 1, bytes, out);
        }
        fputc('"', out);
}

static void put_frames(const struct export_frames *frames, FILE *out)
{
        char buffer[NAME_BYTES];

        fputs("\"shared\":{\"frames\":[", out);
        for (size_t i = 0; i < frames->count; i++) {
                const struct frame *frame = frames->frame[i];

                fprintf(out, "%s\n{\"name\":", i ? "," : "");
                put_text(export_frame_name(frame, buffer), out);
                if (frame->file) {
                        fputs(",\"file\":", out);
                        put_text(frame->file, out);
                        fprintf(out, ",\"line\":%lld", (long long)frame->line);
                }
                fputc('}', out);
        }
        fputs("]},\n", out);
}

static void put_sample(struct export_frames *frames, const struct stack *stack, FILE *out)
{
        const struct frame **line = stack_lines(stack);

        fputc('[', out);
        for (size_t at = stack->count; at-- > 0;)
                fprintf(out, "%u%s", export_frame_number(frames, line[at]), at ? "," : "");
        fputc(']', out);
        free(line);
}

static void put_profile(const struct table *costs, enum export_cost cost, struct export_frames *frames, FILE *out)
{
        int64_t sum = 0;
        const char *comma = "";

        for (size_t i = 0; i < costs->row_count; i++)
                if (export_bytes(&costs->row[i], cost) > 0)
                        sum = saturating_sum(sum, export_bytes(&costs->row[i], cost));
        fprintf(out,
                "{\"type\":\"sampled\",\"name\":\"%s bytes\",\"unit\":\"bytes\",\"startValue\":0,\"endValue\":%lld,\n"
                "\"samples\":[",
                export_cost_name(cost), (long long)sum);
        for (size_t i = 0; i < costs->row_count; i++)
                if (export_bytes(&costs->row[i], cost) > 0) {
                        fputs(comma, out);
                        put_sample(frames, costs->row[i].stack, out);
                        comma = ",\n";
                }
        fputs("],\n\"weights\":[", out);
        comma = "";
        for (size_t i = 0; i < costs->row_count; i++)
                if (export_bytes(&costs->row[i], cost) > 0) {
                        fprintf(out, "%s%lld", comma, (long long)export_bytes(&costs->row[i], cost));
                        comma = ",";
                }
        fputs("]}", out);
}

void export_speedscope(const struct table *costs, enum export_cost cost, FILE *out)
{
        struct export_frames frames = {0};

        /* All are numbered before they are told. */
        for (size_t i = 0; i < costs->row_count; i++) {
                struct stack_walk walk = stack_walk(costs->row[i].stack);

                for (const struct frame *frame; (frame = stack_next(&walk));)
                        export_frame_number(&frames, frame);
        }
        fputs("{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\"exporter\":\"heaptap\",\n", out);
        put_frames(&frames, out);
        fprintf(out, "\"activeProfileIndex\":%d,\n\"profiles\":[\n", (int)cost);
        for (int i = 0; i < EXPORT_COSTS; i++) {
                put_profile(costs, (enum export_cost)i, &frames, out);
                fputs(i + 1 < EXPORT_COSTS ? ",\n" : "]}\n", out);
        }
        export_frames_free(&frames);
}
