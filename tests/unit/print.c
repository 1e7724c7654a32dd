/* SPDX-License-Identifier: ISC */
/* How each kind of step is shown, to people and as data. */
#include "tap.h"

#include "exec/exec.h"

static void one(struct plan *p, const char *want, const char *json)
{
	DEFER(str_done) struct str out = { 0 };
	json_t *data = plan_json(p), *steps = json_object_get(data, "steps");
	DEFER(free_str) char *text = json_dumps(json_array_get(steps, 0), JSON_COMPACT);

	plan_print(p, &out);
	is(str_text(&out), want, want);
	is(text, json, json);
	json_decref(data);
	plan_done(p);
}

static void files(void)
{
	struct plan p = { 0 };
	struct step *s;

	plan_dir(&p, "a folder", "/a b", 0750);
	one(&p, "1. a folder\n   mkdir -p -m 0750 '/a b'\n",
	    "{\"kind\":\"dir\",\"why\":\"a folder\",\"path\":\"/a b\",\"mode\":\"0750\"}");
	s = plan_dir(&p, "owned", "/a", 0755);
	s->uid = 7;
	s->gid = 8;
	one(&p, "1. owned\n   install -d -m 0755 -o 7 -g 8 /a\n",
	    "{\"kind\":\"dir\",\"why\":\"owned\",\"path\":\"/a\",\"mode\":\"0755\",\"uid\":7,\"gid\":8}");
	plan_file(&p, "hosts", "/h", 0644, "a\n\tb\n")->append = true;
	one(&p, "1. hosts\n   append to /h (mode 0644, 5 bytes)\n   | a\n   | \tb\n",
	    "{\"kind\":\"file\",\"why\":\"hosts\",\"path\":\"/h\",\"text\":\"a\\n\\tb\\n\",\"mode\":\"0644\",\"append\":true}");
	plan_file(&p, "bytes", "/b", 0, "\xff");
	one(&p, "1. bytes\n   write /b (1 bytes)\n   | \xff\n",
	    "{\"kind\":\"file\",\"why\":\"bytes\",\"path\":\"/b\",\"text\":\"\xc3\xbf\"}");
	plan_move(&p, "publish", "/a", "/b");
	one(&p, "1. publish\n   mv -T /a /b\n", "{\"kind\":\"move\",\"why\":\"publish\",\"path\":\"/a\",\"target\":\"/b\"}");
	plan_link(&p, "link", "/a", "to");
	one(&p, "1. link\n   ln -sfn to /a\n", "{\"kind\":\"link\",\"why\":\"link\",\"path\":\"/a\",\"target\":\"to\"}");
	plan_remove(&p, "clean", "/a");
	one(&p, "1. clean\n   rm -rf /a\n", "{\"kind\":\"remove\",\"why\":\"clean\",\"path\":\"/a\"}");
}

static void programs(void)
{
	static const char *const bad[] = { "E:", NULL };
	struct plan p = { 0 };
	struct step *s;

	plan_guard(&p, "/made");
	s = plan_run(&p, "install", ARGV("apt-get", "install", "a b"));
	s->cwd = "/root";
	s->stdout_path = "/out";
	s->stdin_text = "y\n";
	s->fail_lines = bad;
	s->may_fail = true;
	s->timeout_ms = 1500;
	plan_guard(&p, NULL);
	plan_remove(&p, "clean up", "/x y");
	plan_undo(&p);
	one(&p, "1. install\n   cd /root && apt-get install 'a b' >/out\n   reads:\n   | y\n   unless there is: /made\n"
		"   fails if it says: E:\n   may fail\n   undo: rm -rf '/x y'\n",
	    "{\"kind\":\"run\",\"why\":\"install\",\"guard\":\"/made\",\"argv\":[\"apt-get\",\"install\",\"a b\"],\"stdin\":\"y\\n\","
	    "\"stdout\":\"/out\",\"fail_lines\":[\"E:\"],\"cwd\":\"/root\",\"timeout_ms\":1500,\"may_fail\":true,"
	    "\"undo\":{\"kind\":\"remove\",\"why\":\"clean up\",\"path\":\"/x y\"}}");
	plan_remove(&p, "one", "/a");
	plan_remove(&p, "other", "/b");
	plan_undo(&p);
	p.steps.v[0].undo->guard = "/there";
	one(&p, "1. one\n   rm -rf /a\n   undo: rm -rf /b, unless there is /there\n",
	    "{\"kind\":\"remove\",\"why\":\"one\",\"path\":\"/a\",\"undo\":{\"kind\":\"remove\",\"why\":\"other\","
	    "\"guard\":\"/there\",\"path\":\"/b\"}}");
	plan_spawn(&p, "helper", ARGV("swtpm"));
	one(&p, "1. helper\n   swtpm &\n", "{\"kind\":\"spawn\",\"why\":\"helper\",\"argv\":[\"swtpm\"]}");
	plan_daemon(&p, "guest", ARGV("qemu"), "/l", "/log", 5, 6);
	one(&p, "1. guest\n   qemu >>/log &\n   runs: in its own session as 5:6, holding /l\n",
	    "{\"kind\":\"daemon\",\"why\":\"guest\",\"argv\":[\"qemu\"],\"stdout\":\"/log\",\"lock\":\"/l\",\"uid\":5,\"gid\":6}");
	s = plan_run(&p, "hook", ARGV("/h"));
	s->uid = 5;
	s->gid = 6;
	s->may_fail = s->told = true;
	one(&p, "1. hook\n   /h\n   runs: as 5:6\n   may fail, and says so\n",
	    "{\"kind\":\"run\",\"why\":\"hook\",\"argv\":[\"/h\"],\"uid\":5,\"gid\":6,\"may_fail\":true,\"told\":true}");
	plan_end(&p, "end", "/l");
	one(&p, "1. end\n   fuser -k -KILL /l\n", "{\"kind\":\"end\",\"why\":\"end\",\"path\":\"/l\"}");
}

static void waits(void)
{
	struct plan p = { 0 };

	plan_lock(&p, "one at a time", "/l", true);
	one(&p, "1. one at a time\n   flock /l\n", "{\"kind\":\"lock\",\"why\":\"one at a time\",\"path\":\"/l\",\"wait_lock\":true}");
	plan_lock(&p, "mine", "/l", false);
	one(&p, "1. mine\n   flock -n /l\n", "{\"kind\":\"lock\",\"why\":\"mine\",\"path\":\"/l\"}");
	plan_qmp(&p, "pause", "/q", "{\"execute\":\"stop\"}");
	one(&p, "1. pause\n   qmp /q {\"execute\":\"stop\"}\n",
	    "{\"kind\":\"qmp\",\"why\":\"pause\",\"path\":\"/q\",\"text\":\"{\\\"execute\\\":\\\"stop\\\"}\"}");
	plan_qmp(&p, "quit", "/q", "{}")->timeout_ms = 1500;
	one(&p, "1. quit\n   qmp /q {}, at most 1.5 s\n",
	    "{\"kind\":\"qmp\",\"why\":\"quit\",\"path\":\"/q\",\"text\":\"{}\",\"timeout_ms\":1500}");
	plan_agent(&p, "ping", "/a", "{}");
	one(&p, "1. ping\n   agent /a {}\n", "{\"kind\":\"agent\",\"why\":\"ping\",\"path\":\"/a\",\"text\":\"{}\"}");
	plan_wait(&p, "", WAIT_SOCKET, "/s", 0);
	one(&p, "1. wait\n   wait until /s accepts connections\n",
	    "{\"kind\":\"wait\",\"why\":\"\",\"path\":\"/s\",\"for\":\"socket\"}");
	plan_wait(&p, "ready", WAIT_QMP, "/q", 2500);
	one(&p, "1. ready\n   wait until QEMU answers on /q, at most 2.5 s\n",
	    "{\"kind\":\"wait\",\"why\":\"ready\",\"path\":\"/q\",\"for\":\"qmp\",\"timeout_ms\":2500}");
	plan_wait(&p, "over", WAIT_SPAWN, NULL, 0);
	one(&p, "1. over\n   wait until the helper has ended\n", "{\"kind\":\"wait\",\"why\":\"over\",\"for\":\"spawn\"}");
	plan_wait_job(&p, "done", "/q", "copy");
	one(&p, "1. done\n   wait until the job 'copy' of QEMU on /q has ended\n",
	    "{\"kind\":\"wait\",\"why\":\"done\",\"path\":\"/q\",\"text\":\"copy\",\"for\":\"job\"}");
	plan_wait_refused(&p, "let go", "/q", "{\"execute\":\"stop\"}", 2000);
	one(&p, "1. let go\n   wait until QEMU refuses {\"execute\":\"stop\"} on /q, at most 2 s\n",
	    "{\"kind\":\"wait\",\"why\":\"let go\",\"path\":\"/q\",\"text\":\"{\\\"execute\\\":\\\"stop\\\"}\","
	    "\"for\":\"refused\",\"timeout_ms\":2000}");
	plan_wait_taken(&p, "closed", "/q", "{\"execute\":\"stop\"}", 2000);
	one(&p, "1. closed\n   wait until QEMU takes {\"execute\":\"stop\"} on /q, at most 2 s\n",
	    "{\"kind\":\"wait\",\"why\":\"closed\",\"path\":\"/q\",\"text\":\"{\\\"execute\\\":\\\"stop\\\"}\","
	    "\"for\":\"taken\",\"timeout_ms\":2000}");
	plan_wait(&p, "gone", WAIT_GONE, "/l", 1000);
	plan_end(&p, "kill", "/l");
	plan_otherwise(&p);
	plan_remove(&p, "clean", "/r");
	plan_otherwise(&p);
	one(&p, "1. gone\n   wait until nobody holds /l, at most 1 s\n   else: fuser -k -KILL /l\n   else: rm -rf /r\n",
	    "{\"kind\":\"wait\",\"why\":\"gone\",\"path\":\"/l\",\"for\":\"gone\",\"timeout_ms\":1000,"
	    "\"otherwise\":[{\"kind\":\"end\",\"why\":\"kill\",\"path\":\"/l\"},{\"kind\":\"remove\",\"why\":\"clean\",\"path\":\"/r\"}]}");
}

int main(void)
{
	files();
	programs();
	waits();
	return tap_done();
}
