#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Completion, as the three shells do it: the scripts are right, and offer the right words.

load cli

DOC=${BERTH%/src/berth}/doc

need() {
	command -v "$1" >/dev/null && return
	# tools/packages names every shell, so that CI has no reason to skip one.
	[ "${CI:-}" != true ] || return 1
	skip "$1 is not installed"
}

# complete_bash WORD...: what bash would offer for the last word.
complete_bash() {
	bash --norc -c '. "$0"
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_berth
		printf "%s\n" "${COMPREPLY[@]}"' "$DOC/berth" "$@"
}

complete_fish() {
	fish --no-config -c "source '$DOC/berth.fish'; complete -C '$1'" | cut -f 1
}

@test "bash: commands, options, verbs, drivers, keys, files" {
	shellcheck --shell=bash "$DOC/berth"
	[ "$(complete_bash berth sta)" = start ]
	complete_bash berth list --f | grep -x -- --fast
	[ "$(complete_bash berth plan paus)" = pause ]
	[ "$(complete_bash berth explain hardware.num)" = hardware.num_cpu ]
	touch one.conf two.txt
	[ "$(complete_bash berth plan up o)" = one.conf ]
	[ -z "$(complete_bash berth check t)" ]
}

@test "bash: guests are those that are there" {
	paper web
	run_berth 0 build web.conf
	PATH=${BERTH%/berth}:$PATH
	[ "$(complete_bash berth start w)" = web$'\n'web.conf ]
}

@test "fish: commands, options, verbs" {
	need fish
	fish --no-config --no-execute "$DOC/berth.fish"
	[ "$(complete_fish 'berth sta')" = start ]
	complete_fish 'berth list --f' | grep -x -- --fast
	complete_fish 'berth plan paus' | grep -x pause
}

@test "zsh: the script is a script, and says the same commands" {
	need zsh
	zsh -f -n "$DOC/_berth"
	for name in $("$BERTH" help | awk '/^  [a-z]/ { print $1 }'); do
		grep -q "'$name:" "$DOC/_berth"
		grep -q "^	$name)$" "$DOC/_berth"
	done
}
