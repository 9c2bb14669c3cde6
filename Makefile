# heaptap. `make` builds, `make demo` shows it at work, `make check` proves that it works; scripts/setup installs what
# they need. Everything that is made lies in $(BUILD).
VERSION = 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
BUILD ?= build
ifeq ($(origin CC),default)
CC = gcc
endif
CFLAGS ?= -O2 -g
LDFLAGS ?=
# gcc and clang know different attributes; one that is unknown to clang only says more to gcc.
WARNINGS = -Wno-unknown-attributes -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wpointer-arith -Werror
COMMON = -std=gnu17 -D_GNU_SOURCE= -DHEAPTAP_VERSION='"$(VERSION)"' -I. $(WARNINGS) -MMD -MP

# make V=1 shows the commands themselves.
Q = $(if $(V),,@)
say = $(if $(V),@:,@echo "  $1 $@")

all: $(BUILD)/libheaptap.so $(BUILD)/heaptap-analyze $(BUILD)/heaptap.1

# --- the two halves

PRELOAD_SOURCES := $(wildcard preload/*.c preload/alloc/*.c preload/record/*.c preload/check/*.c preload/leaks/*.c) wire/encode.c
PRELOAD_OBJECTS := $(PRELOAD_SOURCES:%.c=$(BUILD)/%.o)
# No SLP: it makes a shuffle of two words that are stored side by side, which takes longer than to store them.
PRELOAD_FLAGS = -fPIC -fvisibility=hidden -fno-plt -ftls-model=initial-exec -fno-builtin-malloc -fno-semantic-interposition \
	-fno-stack-protector -fno-omit-frame-pointer -fno-tree-slp-vectorize
PRELOAD_LINK = -shared -Wl,-z,initfirst,-z,now,-z,relro,--version-script=preload/exports.map,--no-undefined -Wl,-soname,libheaptap.so

ANALYZER_SOURCES := $(wildcard analyzer/*.c analyzer/*/*.c) wire/decode.c
ANALYZER_OBJECTS := $(ANALYZER_SOURCES:%.c=$(BUILD)/%.o)
ANALYZER_LIBS = -ldw -lelf -ldeflate -lsqlite3 -lzstd -liberty -lm -pthread
SCHEMA = $(BUILD)/analyzer/store/schema.inc

$(BUILD)/libheaptap.so: $(PRELOAD_OBJECTS) preload/exports.map
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(PRELOAD_LINK) -o $@ $(PRELOAD_OBJECTS)

$(BUILD)/heaptap-analyze: $(ANALYZER_OBJECTS)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(ANALYZER_OBJECTS) $(ANALYZER_LIBS)

$(BUILD)/preload/%.o: preload/%.c Makefile
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(COMMON) $(CFLAGS) $(PRELOAD_FLAGS) -c -o $@ $<

$(BUILD)/wire/%.o: wire/%.c Makefile
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(COMMON) $(CFLAGS) $(PRELOAD_FLAGS) -c -o $@ $<

$(BUILD)/analyzer/%.o: analyzer/%.c Makefile | $(SCHEMA)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(COMMON) $(CFLAGS) -I$(BUILD)/analyzer -c -o $@ $<

# The schema as one C string.
$(SCHEMA): analyzer/store/schema.sql Makefile
	@mkdir -p $(@D)
	$(Q)sed 's/\\/\\\\/g; s/"/\\"/g; s/^/"/; s/$$/\\n"/' $< >$@.new
	$(Q)mv $@.new $@

$(BUILD)/heaptap.1: docs/heaptap.1.scd
	@mkdir -p $(@D)
	$(Q)scdoc <$< >$@.new
	$(Q)mv $@.new $@

# --- unit tests: one Criterion program for each directory, linked with the part it tests. stress_*.c and make_*.c are
# programs of their own; a .c file with a header beside it helps them as well.

UNIT_DIRECTORIES := $(sort $(patsubst tests/unit/%/,%,$(dir $(wildcard tests/unit/*/*.c))))
UNIT_APART := $(wildcard tests/unit/*/stress_*.c tests/unit/*/make_*.c)
UNIT_SOURCES := $(filter-out $(UNIT_APART),$(wildcard tests/unit/*/*.c))
UNIT_HELPERS := $(filter $(UNIT_SOURCES),$(patsubst %.h,%.c,$(wildcard tests/unit/*/*.h)))
UNIT_PROGRAMS := $(patsubst tests/unit/%/,$(BUILD)/tests/unit/%.test,$(sort $(dir $(UNIT_SOURCES))))
APART_PROGRAMS := $(UNIT_APART:%.c=$(BUILD)/%)
STRESS_PROGRAMS := $(foreach program,$(APART_PROGRAMS),$(if $(findstring /stress_,$(program)),$(program)))

ANALYZER_TESTED := $(filter-out $(BUILD)/analyzer/main.o,$(ANALYZER_OBJECTS)) $(BUILD)/wire/encode.o
OBJECTS_alloc := $(filter $(BUILD)/preload/alloc/%,$(PRELOAD_OBJECTS))
OBJECTS_record := $(filter $(BUILD)/preload/record/% $(BUILD)/preload/config.o,$(PRELOAD_OBJECTS)) $(BUILD)/wire/encode.o $(BUILD)/wire/decode.o
OBJECTS_check := $(filter $(BUILD)/preload/alloc/% $(BUILD)/preload/check/% $(BUILD)/preload/annotations.o $(BUILD)/preload/record/mappings.o,$(PRELOAD_OBJECTS))
OBJECTS_leaks := $(filter $(BUILD)/preload/alloc/% $(BUILD)/preload/record/% $(BUILD)/preload/check/% $(BUILD)/preload/leaks/% $(BUILD)/preload/config.o $(BUILD)/preload/annotations.o $(BUILD)/preload/thread.o,$(PRELOAD_OBJECTS)) $(BUILD)/wire/encode.o
OBJECTS_thread := $(filter $(BUILD)/preload/alloc/% $(BUILD)/preload/record/% $(BUILD)/preload/config.o $(BUILD)/preload/thread.o,$(PRELOAD_OBJECTS)) $(BUILD)/wire/encode.o
OBJECTS_wire := $(BUILD)/wire/encode.o $(BUILD)/wire/decode.o
LIBS_alloc = -ldl -pthread -lm
LIBS_record = -ldl -pthread
LIBS_thread = -ldl -pthread
LIBS_check = -pthread
LIBS_leaks = -ldl -pthread -lm
LIBS_wire =
objects_of = $(if $(filter undefined,$(origin OBJECTS_$1)),$(ANALYZER_TESTED),$(OBJECTS_$1))
libs_of = $(if $(filter undefined,$(origin LIBS_$1)),$(ANALYZER_LIBS),$(LIBS_$1))

# Tests hand over wrong pointers on purpose.
$(BUILD)/tests/%.o: tests/%.c Makefile | $(SCHEMA)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(COMMON) -Wno-array-bounds $(CFLAGS) -I$(BUILD)/analyzer -Itests -c -o $@ $<

define unit_suite
$(BUILD)/tests/unit/$1.test: $(patsubst %.c,$(BUILD)/%.o,$(filter tests/unit/$1/%,$(UNIT_SOURCES))) $(call objects_of,$1)
	$$(call say,LD)
	$$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$^ -lcriterion $(call libs_of,$1)
$(patsubst %.c,$(BUILD)/%,$(filter tests/unit/$1/%,$(UNIT_APART))): %: %.o $(patsubst %.c,$(BUILD)/%.o,$(filter tests/unit/$1/%,$(UNIT_HELPERS))) $(call objects_of,$1)
	$$(call say,LD)
	$$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$^ $(call libs_of,$1)
endef
$(foreach suite,$(UNIT_DIRECTORIES),$(eval $(call unit_suite,$(suite))))

unit: $(UNIT_PROGRAMS) $(APART_PROGRAMS)
stress: $(STRESS_PROGRAMS)

# How fast the analyzer counts, for tests/bench/events.
$(BUILD)/tests/bench/stream: $(BUILD)/tests/bench/stream.o $(ANALYZER_TESTED)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(ANALYZER_LIBS)

# --- fuzzing, with clang: every reader of what came through the pipe or from a file

FUZZ_PROGRAMS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

$(BUILD)/fuzz/%: tests/fuzz/%.c $(ANALYZER_TESTED)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(COMMON) $(CFLAGS) -fsanitize=fuzzer -I$(BUILD)/analyzer -o $@ $< $(ANALYZER_TESTED) $(ANALYZER_LIBS)

fuzz: $(FUZZ_PROGRAMS)

# --- other builds of the same: each has a directory of its own, so that none disturbs another

SANITIZE = -fno-sanitize-recover=all -fno-omit-frame-pointer

clang:
	$(MAKE) BUILD=build/clang CC=clang all unit
asan:
	$(MAKE) BUILD=build/asan CC=clang CFLAGS='-O1 -g -fsanitize=address,undefined $(SANITIZE)' unit
tsan:
	$(MAKE) BUILD=build/tsan CC=clang CFLAGS='-O1 -g -fsanitize=thread $(SANITIZE)' stress
fuzzers:
	$(MAKE) BUILD=build/fuzzers CC=clang CFLAGS='-O1 -g -fsanitize=fuzzer-no-link,address,undefined $(SANITIZE)' fuzz

# --- what people call

demo:
	scripts/setup demo
	$(MAKE) all
	scripts/demo

# Everything that says whether this tree is good. tests/run adds it all up and sets the exit status.
check:
	scripts/setup check
	$(MAKE) all unit clang asan tsan fuzzers
	tests/run

lint: all
	scripts/lint

test: all unit
	tests/run unit golden programs behaviour

bench: all
	scripts/setup bench
	tests/bench/run
	tests/bench/memory
	tests/bench/unwind
	tests/bench/events
	tests/bench/leaks

SOAK_SECONDS ?= 600
SOAK_EVENTS ?= 1000000000
soak: all asan tsan fuzzers
	SOAK_EVENTS=$(SOAK_EVENTS) TEST_SECONDS=$(SOAK_SECONDS) tests/run soak stress fuzz model leaks unwind hosts loss

install: all
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/lib/heaptap" "$(DESTDIR)$(PREFIX)/share/man/man1"
	install -m 755 scripts/heaptap "$(DESTDIR)$(PREFIX)/bin/heaptap"
	install -m 755 $(BUILD)/heaptap-analyze $(BUILD)/libheaptap.so "$(DESTDIR)$(PREFIX)/lib/heaptap"
	install -m 644 $(BUILD)/heaptap.1 "$(DESTDIR)$(PREFIX)/share/man/man1/heaptap.1"

uninstall:
	rm -f "$(DESTDIR)$(PREFIX)/bin/heaptap" "$(DESTDIR)$(PREFIX)/share/man/man1/heaptap.1"
	rm -rf "$(DESTDIR)$(PREFIX)/lib/heaptap"

clean:
	rm -rf $(BUILD)

.PHONY: all unit stress fuzz clang asan tsan fuzzers demo check lint test bench soak install uninstall clean
.SECONDARY:
-include $(PRELOAD_OBJECTS:.o=.d) $(ANALYZER_OBJECTS:.o=.d) $(UNIT_SOURCES:%.c=$(BUILD)/%.d) $(UNIT_APART:%.c=$(BUILD)/%.d)
