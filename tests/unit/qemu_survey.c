/* SPDX-License-Identifier: ISC */
/* Which virtual machines run, read off command lines as /proc has them. */
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"
#include "driver/qemu.h"
#include "exec/exec.h"
#include "sys/file.h"

#define _ "\037"
#define LINE(pid, words) "/proc/" pid "/cmdline " words "\n"
#define QEMU "/usr/bin/qemu-system-x86_64" _
#define OURS(name) QEMU "-name" _ name _ "-chardev" _ "socket,id=qmp,path=/run/a,,b/" name "/qmp.sock,server=on" _

static const struct { const char *name, *lines, *want; } rows[] = {
	{ "nobody", "", "" },
	{ "no QEMU", LINE("1", "/sbin/init" _) LINE("2", "") LINE("3", "grep" _ "qemu-system-x86_64" _), "" },
	{ "cut off", "/proc/7/cmdline", "" },
	{ "ours", LINE("70", OURS("web")) LINE("8", OURS("db")), "web 70, db 8, " },
	{ "another's directory, which ours begins with",
	  LINE("70", QEMU "-name" _ "web" _ "-chardev" _ "socket,id=qmp,path=/run/a/web/qmp.sock" _), "web 70 alien 128M 1, " },
	{ "another socket of ours", LINE("70", QEMU "-chardev" _ "socket,path=/run/a,,b/web/serial.sock" _), "qemu-70 70 alien 128M 1, " },
	{ "all is told",
	  LINE("5", QEMU "-name" _ "guest=a,,b,debug-threads=on" _ "-m" _ "size=2G,slots=3" _ "-smp" _ "cpus=4,cores=2" _),
	  "a,b 5 alien 2G 4, " },
	{ "the plain spelling", LINE("5", QEMU "--name" _ "web,process=x" _ "-m" _ "512" _ "-smp" _ "2,maxcpus=4" _), "web 5 alien 512M 2, " },
	{ "the last one counts", LINE("5", QEMU "-m" _ "1G" _ "-m" _ "64" _), "qemu-5 5 alien 64M 1, " },
	{ "processors by levels", LINE("5", QEMU "-smp" _ "sockets=2,cores=3,threads=2" _), "qemu-5 5 alien 128M 12, " },
	{ "other names of QEMU", LINE("5", "/usr/libexec/qemu-kvm" _) LINE("6", "kvm" _) LINE("7", "qemu-system-arm" _),
	  "qemu-5 5 alien 128M 1, qemu-6 6 alien 128M 1, qemu-7 7 alien 128M 1, " },
	{ "nonsense", LINE("5", QEMU "-m" _ "lots" _ "-smp" _ "-3" _ "-name" _), "qemu-5 5 alien 128M 1, " },
	{ "a name that would paint", LINE("5", QEMU "-name" _ "\033[31mred" _), "?[31mred 5 alien 128M 1, " },
};

static const char *size(uint64_t bytes, struct arena *a)
{
	return bytes % (1 << 30) ? arena_fmt(a, "%dM", (int)(bytes >> 20)) : arena_fmt(a, "%dG", (int)(bytes >> 30));
}

static void parse(const char *lines, const char *want, const char *name)
{
	struct facts f = { .run_dir = "/run/a,b" };
	DEFER(roster_done) struct roster r = { 0 };
	DEFER(str_done) struct str got = { 0 };
	struct err e = { 0 };

	ok(qemu_parse(&f, &(struct reply){ lines, 0 }, 1, &r, &e) == 0, "%s: parsed", name);
	for (size_t i = 0; i < r.guests.n; i++) {
		const struct sighting *s = &r.guests.v[i];

		str_fmt(&got, "%s %d", s->name, (int)s->pid);
		if (s->alien)
			str_fmt(&got, " alien %s %ld", size(s->ram, &r.mem), s->cpus);
		str_add(&got, ", ");
	}
	is(str_text(&got), want, name);
}

static void tells(void)
{
	static const struct { const char *words[6]; enum told what; const char *want; } asked[] = {
		{ { "kvm", "-uuid", "4d131ea7-2db5-80c3-a135-98cb15cbbb6c" }, TOLD_UUID, "4d131ea7-2db5-80c3-a135-98cb15cbbb6c" },
		{ { "kvm", "-name", "web" }, TOLD_UUID, NULL },
		{ { "kvm", "-device", "virtio-rng", "-device", "virtio-net-pci,netdev=n,mac=52:54:00:00:00:01" }, TOLD_MAC, "52:54:00:00:00:01" },
		{ { "kvm", "-nic", "user,mac=52:54:00:00:00:02" }, TOLD_MAC, "52:54:00:00:00:02" },
		{ { "kvm", "-net", "nic,macaddr=52:54:00:00:00:03" }, TOLD_MAC, "52:54:00:00:00:03" },
		{ { "kvm", "-device", "{\"driver\":\"e1000\",\"mac\":\"52:54:00:00:00:04\"}" }, TOLD_MAC, "52:54:00:00:00:04" },
		{ { "kvm", "-name", "x,mac=52:54:00:00:00:05" }, TOLD_MAC, NULL },
		{ { "kvm", "-accel", "tcg,thread=multi" }, TOLD_ACCEL, "tcg" },
		{ { "kvm", "-machine", "q35,accel=kvm" }, TOLD_ACCEL, "kvm" },
		{ { "kvm", "-enable-kvm" }, TOLD_ACCEL, "kvm" },
		{ { "kvm" }, TOLD_ACCEL, "tcg" },
		{ { "kvm", "-vnc", "127.0.0.1:3,password=on" }, TOLD_SCREEN, "127.0.0.1:3" },
		{ { "kvm", "-vnc", "unix:/run/x.sock" }, TOLD_SCREEN, "unix:/run/x.sock" },
		{ { "kvm", "-vnc" }, TOLD_SCREEN, NULL },
	};
	DEFER(arena_done) struct arena a = { 0 };

	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		struct words argv = { 0 };

		words_extend(&argv, &a, asked[i].words);
		is(qemu_tell(&argv, asked[i].what, &a), asked[i].want, argv.n > 2 ? argv.v[2] : "nothing");
	}
}

/* The step that reads for it: a list of words is one line, whatever its words hold. */
static void read_words(void)
{
	static const char words[] = "kvm\0two\nlines\0";
	char dir[] = "/tmp/berth-survey-XXXXXX";
	DEFER(str_done) struct str out = { 0 };
	DEFER(str_done) struct str file = { 0 };
	DEFER(str_done) struct str glob = { 0 };
	DEFER(str_done) struct str want = { 0 };
	struct err e = { 0 };

	if (!mkdtemp(dir))
		abort();
	str_fmt(&file, "%s/cmdline", dir);
	str_fmt(&glob, "%s*/cmdline", dir);
	ok(file_write(file.s, words, sizeof words - 1, 0600, &e) == 0, "written %s", e.msg);
	exec_read(glob.s, NULL, &out);
	str_fmt(&want, "%s kvm" _ "two lines" _ "\n", file.s);
	is(str_text(&out), want.s, "words with NULs between are one line");
	unlink(file.s);
	rmdir(dir);
}

int main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		parse(rows[i].lines, rows[i].want, rows[i].name);
	tells();
	read_words();
	return tap_done();
}
