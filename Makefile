# SPDX-License-Identifier: Apache-2.0
# make              build/ckpt
# make check        everything that is tested; also: check-unit, check-zdtm, check-real, check-attack, check-layers
# make install      DESTDIR=, PREFIX=/usr/local
# make SAN=1 ...    the same with ASan and UBSan, in build-san/
PREFIX ?= /usr/local
CC ?= gcc
PROTOC ?= protoc-c
SAN ?= 0
VERSION := 0.1

B := $(if $(filter 1,$(SAN)),build-san,build)
PKGS := libprotobuf-c libcap libnl-3.0 libxxhash
WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wwrite-strings -Wvla
CFLAGS ?= -O2 -g
ALL_CFLAGS := -std=gnu17 $(WARN) -D_GNU_SOURCE -DCKPT_VERSION='"$(VERSION)"' -Iinclude -Iarch/x86 -I$(B)/proto \
	-fno-common -pthread $(shell pkg-config --cflags $(PKGS)) $(CFLAGS)
LIBS := $(shell pkg-config --libs $(PKGS)) -pthread $(LDFLAGS)
ifeq ($(SAN),1)
ALL_CFLAGS += -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LIBS += -fsanitize=address,undefined
endif

PROTO := $(wildcard proto/*.proto)
PBC := $(PROTO:proto/%.proto=$(B)/proto/%.pb-c.c)
SRC := $(wildcard src/*.c src/*/*.c arch/x86/*.c)
ASM := $(wildcard arch/x86/*.S)
OBJ := $(SRC:%.c=$(B)/%.o) $(ASM:%.S=$(B)/%.o) $(PBC:.c=.o)
LIBOBJ := $(filter-out $(B)/src/main.o,$(OBJ))
UNIT := $(patsubst test/unit/%.c,$(B)/test/unit/%,$(wildcard test/unit/test_*.c))
ZLIB := $(patsubst %.c,build/%.o,$(wildcard test/zdtm/lib/*.c))
ZDTM := $(patsubst test/zdtm/%.c,build/test/zdtm/%,$(wildcard test/zdtm/*.c))
ATTACK := $(addprefix build/test/attack/,target crowd kill_at.so family restless zoo bend)
ATTACKS := run_end rollback run_restore faults run refusals hostile
CPUS := $(shell nproc)
REAL := $(patsubst test/real/%.c,build/test/real/%,$(wildcard test/real/*.c))

# For test programs, which know nothing of ckpt.
TEST_CC = $(CC) -std=gnu17 $(WARN) -D_GNU_SOURCE -O2 -g

# make V=1 shows the commands.
Q := $(if $(V),,@)
say = $(if $(V),,@echo "  $(1) $@")

all: $(B)/ckpt

$(B)/ckpt: $(OBJ)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $^ $(LIBS)

$(B)/libckpt.a: $(LIBOBJ)
	$(Q)rm -f $@
	$(Q)ar rcs $@ $^

# All messages come from one run: the generated headers include each other.
$(B)/proto/.done: $(PROTO)
	@mkdir -p $(B)/proto
	$(Q)$(PROTOC) --proto_path=proto --c_out=$(B)/proto $(PROTO)
	@touch $@
$(PBC): $(B)/proto/.done ;
$(B)/proto/%.pb-c.o: $(B)/proto/%.pb-c.c
	$(call say,CC)
	$(Q)$(CC) $(ALL_CFLAGS) -Wno-shadow -MMD -c -o $@ $<

$(B)/%.o: %.c $(B)/proto/.done
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -c -o $@ $<
$(B)/%.o: %.S
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -c -o $@ $<

$(B)/test/unit/%: test/unit/%.c $(B)/libckpt.a
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -Itest/unit -o $@ $< $(B)/libckpt.a $(LIBS) -lcmocka

build/test/zdtm/lib/%.o: test/zdtm/lib/%.c $(wildcard test/zdtm/lib/*.h)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TEST_CC) -pthread -Itest/zdtm/lib -c -o $@ $<
build/test/zdtm/%: test/zdtm/%.c $(ZLIB) $(wildcard test/zdtm/lib/*.h)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TEST_CC) -pthread -Itest/zdtm/lib -o $@ $< $(ZLIB)
build/test/real/%: test/real/%.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TEST_CC) -pthread -o $@ $<
build/test/attack/target: test/attack/target.c test/attack/spin.S test/attack/spin.h test/attack/slot.h
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TEST_CC) -pthread -Itest/attack -o $@ $(filter-out %.h,$^)
build/test/attack/crowd: test/attack/crowd.c test/attack/slot.h
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TEST_CC) -pthread -o $@ $<
build/test/attack/family: test/attack/family.c test/attack/clan.c test/attack/family.h
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TEST_CC) -pthread -Wno-unused-result -o $@ $(filter-out %.h,$^)
build/test/attack/restless: test/attack/restless.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TEST_CC) -pthread -o $@ $<
build/test/attack/zoo: test/attack/zoo.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TEST_CC) -pthread -o $@ $<
build/test/attack/bend: test/attack/bend.c test/fuzz/mutate.h $(B)/libckpt.a
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CFLAGS) -Itest/fuzz -o $@ $< $(B)/libckpt.a $(LIBS)
build/test/attack/%.so: test/attack/%.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TEST_CC) -shared -fPIC -o $@ $<

unit: $(UNIT)
zdtm: $(ZDTM)
real: $(REAL)
attack: $(ATTACK)

check-layers:
	scripts/check-layers
check-unit: $(UNIT:%=%.run)
%.run: %
	$<
check-zdtm: $(B)/ckpt $(ZDTM)
	test/zdtm/run --ckpt $(B)/ckpt
check-real: $(B)/ckpt $(REAL)
	test/real/run --ckpt $(B)/ckpt
check-attack: attack-restore-faults $(ATTACKS:%=attack-%)
attack-restore-faults: $(B)/ckpt $(ATTACK)
	test/attack/faults --ckpt $(B)/ckpt --full --only restore
attack-faults: $(B)/ckpt $(ATTACK)
	test/attack/faults --ckpt $(B)/ckpt --only "dump -R"
	test/attack/faults --ckpt $(B)/ckpt --only dump
attack-%: $(B)/ckpt $(ATTACK)
	test/attack/$* --ckpt $(B)/ckpt
# Where a test keeps one CPU busy, as many as there are CPUs run side by side.
check:
	$(MAKE) -j$(CPUS) -O check-layers check-unit
	$(MAKE) check-zdtm check-real
	$(MAKE) -j$(CPUS) -O check-attack
	$(MAKE) SAN=1 -j$(CPUS) -O check-unit
	$(MAKE) SAN=1 check-zdtm

install: $(B)/ckpt
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/share/man/man8
	install -m 755 $(B)/ckpt $(DESTDIR)$(PREFIX)/sbin/ckpt
	install -m 644 docs/ckpt.8 $(DESTDIR)$(PREFIX)/share/man/man8/ckpt.8

clean:
	rm -rf build build-san

-include $(OBJ:.o=.d) $(UNIT:=.d)
.PHONY: all attack check check-attack check-layers check-unit check-zdtm check-real clean install unit zdtm real
.SECONDARY:
