# SPDX-License-Identifier: ISC
#
# A thin front: meson and ninja do the work, this file remembers the words.
#
#	make            build berth into build/
#	make demo       from nothing to a running guest, what is missing is installed
#	make check      every test
#	make lint       static analysis, shell scripts, manual pages
#	make asan       unit and golden tests under the address and undefined-behaviour sanitizers
#	make fuzz       every fuzzer over its corpus, FUZZ_SECONDS each
#	make bench      side by side with what berth is made of
#	make install    PREFIX and DESTDIR are honoured
#	make clean      delete build*/

PREFIX ?= /usr/local
BUILD ?= build
FUZZ_SECONDS ?= 20

berth: $(BUILD)/build.ninja
	@ninja -C $(BUILD) --quiet

$(BUILD)/build.ninja:
	@meson setup $(BUILD) --prefix=$(PREFIX) >$(BUILD).log 2>&1 || { cat $(BUILD).log; exit 1; }
	@mv $(BUILD).log $(BUILD)/setup.log

demo:
	@tools/need build run
	@$(MAKE) --no-print-directory berth
	@tools/demo $(BUILD)/src/berth

check:
	@tools/need build run test
	@$(MAKE) --no-print-directory berth
	@tools/check $(BUILD)

lint asan fuzz:
	@tools/need build run test
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tools/$@

bench: berth
	@bench/all $(BUILD)

install: berth
	@meson configure $(BUILD) -Dprefix=$(PREFIX)
	@meson install -C $(BUILD) --quiet

clean:
	rm -rf build build-* build.log

.PHONY: berth demo check lint asan fuzz bench install clean
