# heaptap: make demo (see it work), make check (prove it works). See README.md.
PREFIX ?= /usr/local
BUILD ?= build
CC = gcc
CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wpointer-arith -Werror
COMMON = -std=gnu17 -I. $(WARNINGS) -MMD -MP

PRELOAD_SOURCES = $(wildcard preload/*.c preload/alloc/*.c preload/record/*.c) wire/encode.c
PRELOAD_OBJECTS = $(PRELOAD_SOURCES:%.c=$(BUILD)/%.o)
PRELOAD_FLAGS = -fPIC -fvisibility=hidden -fno-plt -ftls-model=initial-exec -fno-builtin-malloc -fno-semantic-interposition \
	-fno-stack-protector -fno-omit-frame-pointer
PRELOAD_LINK = -shared -Wl,-z,initfirst,-z,now,-z,relro,--version-script=preload/exports.map,--no-undefined -Wl,-soname,libheaptap.so

ANALYZER_SOURCES = $(wildcard analyzer/*.c analyzer/*/*.c) wire/decode.c
ANALYZER_OBJECTS = $(ANALYZER_SOURCES:%.c=$(BUILD)/%.o)
ANALYZER_LIBS = -ldw -lelf -lsqlite3 -liberty -lm

all: $(BUILD)/libheaptap.so $(BUILD)/heaptap-analyze

$(BUILD)/libheaptap.so: $(PRELOAD_OBJECTS) preload/exports.map
	$(CC) $(CFLAGS) $(PRELOAD_LINK) -o $@ $(PRELOAD_OBJECTS)

$(BUILD)/heaptap-analyze: $(ANALYZER_OBJECTS)
	$(CC) $(CFLAGS) -o $@ $(ANALYZER_OBJECTS) $(ANALYZER_LIBS)

$(BUILD)/preload/%.o: preload/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(COMMON) $(CFLAGS) $(PRELOAD_FLAGS) -c -o $@ $<

$(BUILD)/wire/%.o: wire/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(COMMON) $(CFLAGS) $(PRELOAD_FLAGS) -c -o $@ $<

$(BUILD)/analyzer/%.o: analyzer/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(COMMON) $(CFLAGS) -c -o $@ $<

clean:
	rm -rf $(BUILD)

.PHONY: all clean
-include $(PRELOAD_OBJECTS:.o=.d) $(ANALYZER_OBJECTS:.o=.d)
