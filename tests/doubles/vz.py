# SPDX-License-Identifier: ISC
"""A test double of OpenVZ: what vzctl, vzlist and prlctl of this folder share.

Written from the command-line contract of vzctl 4.11 (upstream-kernel mode) and prlctl 9:
the same words, the same exit codes, the same files. Containers really run, in namespaces
of their own; what the double leaves out is user namespaces, quota and UBC accounting.

	VZ_DIR          instead of /vz          VZ_ETC                 instead of /etc/vz
	VZ_DOUBLE_INIT=sleep                    an init that only reaps, whatever the tree has
	VZ_DOUBLE_KERNEL=openvz                 no word about a missing /proc/vz
	VZ_DOUBLE_VSWAP=no                      a kernel without vswap: --ram is refused
	VZ_DOUBLE_WARN=1                        prlctl says that it is deprecated
"""
import ctypes
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid

VZ = os.environ.get('VZ_DIR', '/vz')
ETC = os.environ.get('VZ_ETC', '/etc/vz')
UNLIMITED = 9223372036854775807
PAGE = 4096
UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
SAMPLE = 'vswap-256m'
ENV = {'HOME': '/', 'TERM': 'linux', 'PATH': '/bin:/sbin:/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin'}
PAGES = 'lockedpages privvmpages shmpages physpages vmguarpages oomguarpages swappages'.split()
BYTES = 'kmemsize tcpsndbuf tcprcvbuf othersockbuf dgramrcvbuf dcachesize'.split()
COUNTS = 'numproc numtcpsock numflock numpty numsiginfo numothersock numfile numiptent'.split()
UBC = ['kmemsize', 'lockedpages', 'privvmpages', 'shmpages', 'numproc', 'physpages', 'vmguarpages', 'oomguarpages',
       'numtcpsock', 'numflock', 'numpty', 'numsiginfo', 'tcpsndbuf', 'tcprcvbuf', 'othersockbuf', 'dgramrcvbuf',
       'numothersock', 'dcachesize', 'numfile', 'numiptent', 'swappages']

VZ_CONF = '''LOCKDIR={vz}/lock
LOGFILE={log}
TEMPLATE={vz}/template
VE_ROOT={vz}/root/$VEID
VE_PRIVATE={vz}/private/$VEID
CONFIGFILE="vswap-256m"
DEF_OSTEMPLATE="centos-6-x86"
VE_LAYOUT="simfs"
DISK_QUOTA=yes
VE_STOP_MODE=stop
STOP_TIMEOUT=120
NAMESERVER=inherit
'''
SAMPLE_CONF = '''PHYSPAGES="0:256M"
SWAPPAGES="0:512M"
DISKSPACE="2G:2.2G"
DISKINODES="131072:144179"
QUOTATIME="0"
CPUUNITS="1000"
NETFILTER="stateless"
'''


class Fail(Exception):
	"""The command ends with this status, and these words on standard error."""

	def __init__(self, status, *lines):
		super().__init__(status)
		self.status, self.lines = status, lines


class Out:
	"""Progress goes to standard output, complaints to standard error, both to the log."""
	quiet, ct, program = False, None, 'vzctl'


def log(text):
	about = f'CT {Out.ct} : ' if Out.ct else ''
	try:
		with open(settings()['LOGFILE'], 'a') as f:
			f.write(f'{time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime())} {Out.program} : {about}{text}\n')
	except OSError:
		pass


def say(text):
	if not Out.quiet:
		print(text, flush=True)
	log(text)


def complain(text):
	print(text, file=sys.stderr, flush=True)
	log(text)


def read_conf(path):
	conf = {}
	with open(path) as f:
		for line in f:
			key, equals, value = line.strip().partition('=')
			if equals and key and key[0] != '#':
				conf[key] = value.strip('"')
	return conf


def write_file(path, text):
	with open(path + '.new', 'w') as f:
		f.write(text)
	os.rename(path + '.new', path)


def settings():
	path = f'{ETC}/vz.conf'
	if not os.path.exists(path):
		os.makedirs(f'{ETC}/conf', exist_ok=True)
		logfile = '/var/log/vzctl.log' if VZ == '/vz' else f'{VZ}/vzctl.log'
		write_file(path, VZ_CONF.format(vz=VZ, log=logfile))
		write_file(f'{ETC}/conf/ve-{SAMPLE}.conf-sample', SAMPLE_CONF)
	conf = read_conf(path)
	for folder in (conf['LOCKDIR'], f'{VZ}/private', f'{VZ}/root', f'{VZ}/dump', f'{VZ}/state',
	               conf['TEMPLATE'] + '/cache', f'{ETC}/conf'):
		os.makedirs(folder, exist_ok=True)
	return conf


# -- Linux --------------------------------------------------------------------------

libc = ctypes.CDLL(None, use_errno=True)
NEW = {'mnt': 0x20000, 'cgroup': 0x2000000, 'uts': 0x4000000, 'ipc': 0x8000000, 'pid': 0x20000000, 'net': 0x40000000}
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, BIND, MOVE, REC, PRIVATE = 1, 2, 4, 8, 0x20, 0x1000, 0x2000, 0x4000, 0x40000
DETACH = 2
PIVOT_ROOT = {'x86_64': 155, 'aarch64': 41}


def check(result, what):
	if result < 0:
		raise OSError(ctypes.get_errno(), f'{what}: {os.strerror(ctypes.get_errno())}')


def mount(source, target, kind='', flags=0, data=''):
	os.makedirs(target, exist_ok=True)
	check(libc.mount(source.encode(), target.encode(), kind.encode(), flags, data.encode()), f'mount {target}')


def mounted(path):
	path = os.path.realpath(path).replace(' ', '\\040')
	with open('/proc/self/mounts') as f:
		return any(line.split(' ')[1] == path for line in f)


def ip(*args, check_it=True):
	done = subprocess.run(['ip', *args], stdin=subprocess.DEVNULL, capture_output=True, text=True)
	if check_it and done.returncode:
		raise Fail(3, f'ip {" ".join(args)}: {done.stderr.strip()}')


def stat_of(pid):
	"""(start time, is it more than a corpse) of a process, or None."""
	try:
		with open(f'/proc/{pid}/stat') as f:
			words = f.read().rpartition(')')[2].split()
	except OSError:
		return None
	return int(words[19]), words[0] not in 'ZX'


def cgroup_roots():
	"""The hierarchies a container gets a group in: where systemd may live, and the freezer."""
	base = '/sys/fs/cgroup'
	roots = [base, base + '/unified', base + '/systemd', base + '/freezer']
	return [r for r in roots if os.path.exists(r + '/cgroup.procs')]


# -- containers ---------------------------------------------------------------------

class Container:
	def __init__(self, name):
		self.id = self.find(name)
		self.short = self.id[:8] if '-' in self.id else self.id[-8:]  # device names have fifteen characters at most
		self.path = f'{ETC}/conf/{self.id}.conf'
		self.state_path = f'{VZ}/state/{self.id}.json'
		self.exists = os.path.exists(self.path)
		self.conf = read_conf(self.path) if self.exists else {}
		Out.ct = self.id

	@staticmethod
	def find(name):
		bare = name.strip('{}')
		if (name.isdigit() or re.fullmatch(UUID, bare)) and os.path.exists(f'{ETC}/conf/{bare}.conf'):
			return bare
		for other in all_ids():
			conf = read_conf(f'{ETC}/conf/{other}.conf')
			if name == conf.get('NAME') or bare == conf.get('UUID'):
				return other
		return bare

	def get(self, key, default=''):
		return self.conf.get(key) or settings().get(key, default)

	@property
	def private(self):
		return self.get('VE_PRIVATE').replace('$VEID', self.id)

	@property
	def root(self):
		return self.get('VE_ROOT').replace('$VEID', self.id)

	def must_exist(self):
		if not self.exists:
			raise Fail(14, 'Container config file does not exist')

	def save(self):
		write_file(self.path, ''.join(f'{k}="{v}"\n' for k, v in self.conf.items()))
		self.exists = True
		say(f'CT configuration saved to {self.path}')

	def state(self):
		try:
			with open(self.state_path) as f:
				return json.load(f)
		except (OSError, ValueError):
			return {}

	def set_state(self, **values):
		state = {**self.state(), **values}
		write_file(self.state_path, json.dumps(state))

	@property
	def pid(self):
		"""Its init, if that is the process that was started: a pid alone may be another's by now."""
		state = self.state()
		seen = stat_of(state['pid']) if state.get('pid') else None
		return state['pid'] if seen and seen == (state['began'], True) else None

	def must_run(self, status):
		if not self.pid:
			raise Fail(status, 'Container is not running')

	def mounted(self):
		return mounted(self.root)

	def status(self):
		words = ['exist' if self.exists and os.path.isdir(self.private) else 'deleted']
		words.append('mounted' if self.exists and self.mounted() else 'unmounted')
		words.append('running' if self.exists and self.pid else 'down')
		if os.path.exists(f'{VZ}/dump/Dump.{self.id}'):
			words.append('suspended')
		return words

	def addresses(self):
		return self.conf.get('IP_ADDRESS', '').split()

	def nics(self):
		rows = [r for r in self.conf.get('NETIF', '').split(';') if r]
		return [dict(w.partition('=')[::2] for w in r.split(',')) for r in rows]

	def processes(self):
		mine, n = os.readlink(f'/proc/{self.pid}/ns/pid'), 0
		for pid in filter(str.isdigit, os.listdir('/proc')):
			try:
				n += os.readlink(f'/proc/{pid}/ns/pid') == mine
			except OSError:
				pass
		return n


def all_ids():
	settings()
	files = (re.fullmatch(rf'([1-9][0-9]*|{UUID})\.conf', f) for f in os.listdir(f'{ETC}/conf'))
	return sorted((f[1] for f in files if f), key=id_order)


def id_order(ct_id):
	"""Numbers first, and as numbers."""
	return (0, int(ct_id), '') if ct_id.isdigit() else (1, 0, ct_id)


class Lock:
	"""LOCKDIR/CTID.lck holds pid and status; link(2) makes it, so that only one can."""

	def __init__(self, ct, doing):
		self.path = f'{settings()["LOCKDIR"]}/{ct.id}.lck'
		self.doing = doing

	def __enter__(self):
		own = f'{self.path}.{os.getpid()}'
		with open(own, 'w') as f:
			f.write(f'{os.getpid()}\n{self.doing}\n')
		try:
			while True:
				try:
					os.link(own, self.path)
					return self
				except FileExistsError:
					self.held()
		finally:
			os.unlink(own)

	def held(self):
		"""Fail if the holder lives, remove what a dead one left."""
		try:
			with open(self.path) as f:
				pid = f.readline().strip()
		except FileNotFoundError:
			return
		try:
			with open(f'/proc/{int(pid)}/cmdline') as f:
				cmdline = f.read().replace('\0', ' ').strip()
		except (OSError, ValueError):
			os.unlink(self.path)
			return
		raise Fail(9, f'Locked by: pid {pid}, cmdline {cmdline}', 'Container already locked')

	def __exit__(self, *_):
		os.unlink(self.path)


# -- create, destroy, mount ---------------------------------------------------------

def template_of(name):
	base = f'{settings()["TEMPLATE"]}/cache/{name}.tar'
	for end in ('.gz', '.bz2', '.xz'):
		if os.path.exists(base + end):
			return base + end
	raise Fail(91, f'Cached OS template {base}[.gz|.bz2|.xz] not found', 'Creation of container private area failed')


def unpack(archive, private):
	"""Beside its place first: half a tree is never a container."""
	part = private + '.tmp'
	shutil.rmtree(part, ignore_errors=True)
	os.makedirs(part)
	done = subprocess.run(['tar', '--numeric-owner', '-xpf', archive, '-C', part], stdin=subprocess.DEVNULL,
	                      capture_output=True, text=True, env={**os.environ, 'LC_ALL': 'C'})
	if done.returncode:
		shutil.rmtree(part, ignore_errors=True)
		full = 'No space left' in done.stderr
		raise Fail(46 if full else 47, *done.stderr.splitlines()[:1], 'Creation of container private area failed')
	os.rename(part, private)


def create(ct, template=None, sample=None, **keys):
	"""keys: what the configuration file is to say besides the sample."""
	new = not ct.exists
	if new:
		sample = sample or settings()['CONFIGFILE']
		path = f'{ETC}/conf/ve-{sample}.conf-sample'
		if not os.path.exists(path):
			raise Fail(85, f'Sample config {path} not found', 'Creation of container private area failed')
		ct.conf = {**read_conf(path), 'VE_ROOT': settings()['VE_ROOT'], 'VE_PRIVATE': settings()['VE_PRIVATE'],
		           'ORIGIN_SAMPLE': sample, 'VE_LAYOUT': settings()['VE_LAYOUT']}
	else:
		complain('Warning: CT config file already exists, not applying a default config sample.')
	if keys.get('NAME'):
		assign_name(ct, keys['NAME'])
	ct.conf.update(keys)
	ct.conf['OSTEMPLATE'] = template = template or ct.get('OSTEMPLATE') or settings()['DEF_OSTEMPLATE']
	say(f'Creating container private area ({template})')
	if os.path.exists(ct.private):
		raise Fail(44, f'Private area already exists in {ct.private}', 'Creation of container private area failed')
	unpack(template_of(template), ct.private)
	say('Performing postcreate actions')
	os.makedirs(ct.root, exist_ok=True)
	ct.save()
	say('Container private area was created')


def destroy(ct):
	if ct.pid:
		raise Fail(32, 'Container is currently running. Stop it first.')
	if ct.mounted():
		raise Fail(41, 'Container is currently mounted (umount first)')
	cleanup(ct)
	say(f'Destroying container private area: {ct.private}')
	if os.path.isdir(ct.private):
		gone = ct.private + '.tmp'
		os.rename(ct.private, gone)
		shutil.rmtree(gone)
	if os.path.isdir(ct.root):
		os.rmdir(ct.root)
	for path in (ct.state_path, f'{VZ}/dump/Dump.{ct.id}'):
		if os.path.exists(path):
			os.unlink(path)
	os.rename(ct.path, ct.path + '.destroyed')
	say('Container private area was destroyed')


def action(ct, name, inside=False):
	"""The action scripts vps.NAME and CTID.NAME, if they are there."""
	for who in ('vps', ct.id):
		script = f'{ETC}/conf/{who}.{name}'
		if not os.path.exists(script):
			continue
		env = {**ENV, 'VEID': ct.id, 'VE_CONFFILE': ct.path}
		if inside:
			with open(script) as f:
				status = inside_run(ct, [shell_of(ct), '-c', f.read()], env=env)
		else:
			status = subprocess.run([script], env=env, stdin=subprocess.DEVNULL).returncode
		if status:
			raise Fail(79, f'Error executing {name} script {script}')


def mount_it(ct):
	if not os.path.isdir(ct.private):
		raise Fail(43, f'Container private area {ct.private} does not exist')
	action(ct, 'premount')
	mount(ct.private, ct.root, flags=BIND)
	ct.set_state(quota=ct.get('DISK_QUOTA') != 'no')
	say('Container is mounted')
	action(ct, 'mount')


def umount_it(ct):
	if ct.pid:
		raise Fail(32, 'Container is running. Stop it first')
	if not ct.mounted():
		raise Fail(40, 'CT is not mounted')
	action(ct, 'umount')
	while ct.mounted():
		check(libc.umount2(ct.root.encode(), 0), f'umount {ct.root}')
	say('Container is unmounted')
	action(ct, 'postumount')


# -- start, stop --------------------------------------------------------------------

def populate_dev(root):
	"""What init finds: proc, sys read-only, and no device that could reach the host's."""
	dev = root + '/dev'
	mount('proc', root + '/proc', 'proc', NOSUID | NODEV | NOEXEC)
	mount('sysfs', root + '/sys', 'sysfs', NOSUID | NODEV | NOEXEC | RDONLY)
	mount('tmpfs', dev, 'tmpfs', NOSUID, 'mode=755,size=4m')
	mount('devpts', dev + '/pts', 'devpts', NOSUID | NOEXEC, 'newinstance,ptmxmode=0666,mode=620,gid=5')
	mount('tmpfs', dev + '/shm', 'tmpfs', NOSUID | NODEV)
	os.umask(0)
	for name, minor in ('null', 3), ('zero', 5), ('full', 7), ('random', 8), ('urandom', 9):
		os.mknod(f'{dev}/{name}', 0o20666, os.makedev(1, minor))
	os.mknod(dev + '/tty', 0o20666, os.makedev(5, 0))
	os.mknod(dev + '/console', 0o20600, os.makedev(1, 3))  # nobody reads it: what init says is dropped
	os.umask(0o22)
	for name, to in ('ptmx', 'pts/ptmx'), ('fd', '/proc/self/fd'), ('stdin', 'fd/0'), ('stdout', 'fd/1'), \
			('stderr', 'fd/2'):
		os.symlink(to, f'{dev}/{name}')


def hide_host(root):
	"""What has no namespace is out of reach: controllers, kernel settings but the network's, clock and modules."""
	proc, groups = root + '/proc', root + '/dev/.cgroups'
	write_file(groups, '#subsys_name\thierarchy\tnum_cgroups\tenabled\n')
	check(libc.mount(groups.encode(), f'{proc}/cgroups'.encode(), None, BIND, None), 'hide cgroups')
	mount(proc + '/sys/net', proc + '/tty', flags=BIND)
	mount(proc + '/sys', proc + '/sys', flags=BIND)
	mount('', proc + '/sys', flags=BIND | REMOUNT | RDONLY | NOSUID | NODEV | NOEXEC)
	mount(proc + '/tty', proc + '/sys/net', flags=MOVE)
	if os.path.exists(proc + '/sysrq-trigger'):
		check(libc.mount(f'{root}/dev/null'.encode(), f'{proc}/sysrq-trigger'.encode(), None, BIND, None), 'hide sysrq')
	drop_powers()


def drop_powers():
	"""From whatever enters a container: modules, raw devices, the clock are the host's, for there is but one."""
	for capability in 16, 17, 25:
		check(libc.prctl(24, capability, 0, 0, 0), 'drop a capability')


def reap():
	"""The init that only reaps: ends on SIGTERM."""
	signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
	while True:
		try:
			os.wait()
		except ChildProcessError:
			signal.pause()


def become_init(root, hostname, sleeps, go):
	"""Process 1 of the container: waits until the host has done its part, then is init."""
	check(libc.unshare(NEW['cgroup']), 'unshare cgroup')
	check(libc.mount(b'none', b'/', None, REC | PRIVATE, None), 'private mounts')
	populate_dev(root)
	hide_host(root)
	if hostname:
		check(libc.sethostname(hostname.encode(), len(hostname)), 'hostname')
	os.chdir(root)
	check(libc.syscall(PIVOT_ROOT[os.uname().machine], b'.', b'.'), 'pivot_root')
	check(libc.umount2(b'.', DETACH), 'umount of the old root')
	os.chdir('/')
	os.read(go, 1)
	null = os.open('/dev/null', os.O_RDWR)
	for fd in range(3):
		os.dup2(null, fd)
	os.closerange(3, 1024)
	if sleeps:
		reap()
	os.execve('/sbin/init', ['init'], {**ENV, 'container': 'openvz'})


def spawn(ct, sleeps):
	"""Make the namespaces and process 1 in them; returns its pid and the pipe that lets it go on."""
	told, tell = os.pipe()
	go, let_go = os.pipe()
	middle = os.fork()
	if middle == 0:
		try:
			os.setsid()
			for group in cgroup_roots():
				os.makedirs(f'{group}/vz-{ct.id}', exist_ok=True)
				with open(f'{group}/vz-{ct.id}/cgroup.procs', 'w') as f:
					f.write('0')
			check(libc.unshare(sum(NEW[n] for n in ('mnt', 'uts', 'ipc', 'pid', 'net'))), 'unshare')
			pid = os.fork()
			if pid:
				os.write(tell, str(pid).encode())
				os._exit(0)
			os.close(let_go)
			os.close(tell)
			become_init(ct.root, ct.conf.get('HOSTNAME'), sleeps, go)
		except BaseException as e:
			print(f'init: {e}', file=sys.stderr, flush=True)
		os._exit(1)
	os.close(tell)
	os.close(go)
	pid = os.read(told, 32)
	os.waitpid(middle, 0)
	os.close(told)
	if not pid:
		raise Fail(7, 'Container start failed')
	return int(pid), let_go


def has_init(ct):
	path = ct.private + '/sbin/init'
	return os.path.islink(path) or os.access(path, os.X_OK)


def refuse_owner(ct):
	wanted = [int(ct.get(k, '0')) for k in ('LOCAL_UID', 'LOCAL_GID')]
	owner = os.stat(ct.private)
	if [owner.st_uid, owner.st_gid] != wanted:
		raise Fail(47, f'Container private area is owned by {owner.st_uid}:{owner.st_gid}, but configuration file '
		           f'says we should run with {wanted[0]}:{wanted[1]}.', 'Refusing to run.')


def start(ct, force=False, sleeps=False):
	if ct.conf.get('DISABLED') == 'yes' and not force:
		raise Fail(105, 'Container start disabled')
	if ct.pid:
		raise Fail(32, 'Container is already running')
	say('Starting container...')
	cleanup(ct)
	if os.path.isdir(ct.private):
		refuse_owner(ct)
	if not ct.mounted():
		mount_it(ct)
	sleeps = sleeps or os.environ.get('VZ_DOUBLE_INIT') == 'sleep'
	if not sleeps and not has_init(ct):
		umount_it(ct)
		raise Fail(47, 'Unable to start init, probably incorrect template', 'Container start failed')
	set_resolver(ct, ct.get('NAMESERVER'), ct.conf.get('SEARCHDOMAIN', ''))
	if ct.conf.get('HOSTNAME'):
		write_inside(ct, 'etc/hostname', ct.conf['HOSTNAME'] + '\n')
	pid, let_go = spawn(ct, sleeps)
	ct.set_state(pid=pid, began=stat_of(pid)[0], paused=False)
	try:
		connect(ct)
	except Fail:
		os.kill(pid, signal.SIGKILL)
		finish(ct)
		raise
	os.write(let_go, b'.')
	os.close(let_go)
	action(ct, 'start', inside=True)
	say('Container start in progress...')


def wait_end(ct, seconds):
	end = time.monotonic() + seconds
	while ct.pid and time.monotonic() < end:
		time.sleep(0.02)
	return not ct.pid


def halt(ct):
	"""The signal init takes for an order to halt; one that takes none is killed."""
	pid = ct.pid
	with open(f'/proc/{pid}/status') as f:
		caught = next(int(line.split()[1], 16) for line in f if line.startswith('SigCgt'))
	systemd = os.readlink(f'/proc/{pid}/exe').endswith('systemd')
	number = signal.SIGRTMIN + 3 if systemd else signal.SIGTERM
	if not caught >> (number - 1) & 1:
		number = signal.SIGKILL
	os.kill(pid, number)


def finish(ct):
	"""After the last process: nothing of the container is left on the host."""
	wait_end(ct, 10)
	cleanup(ct)
	if ct.mounted():
		umount_it(ct)


def cleanup(ct):
	for group in cgroup_roots():
		for folder, _, _ in os.walk(f'{group}/vz-{ct.id}', topdown=False):
			remove_group(folder)
	netns = f'/var/run/netns/{ct.id}'
	if os.path.islink(netns):
		os.unlink(netns)
	for name in [venet_name(ct)] + [n['host_ifname'] for n in ct.nics()]:
		if os.path.exists(f'/sys/class/net/{name}'):
			ip('link', 'del', name, check_it=False)
	if ct.state().get('pid'):
		ct.set_state(pid=None, began=None, paused=False)


def remove_group(folder):
	"""The kernel lets go of a group some time after its last process."""
	for _ in range(200):
		try:
			return os.rmdir(folder)
		except FileNotFoundError:
			return None
		except OSError:
			time.sleep(0.01)
	return complain(f'{folder}: still busy')


def stop(ct, fast=False):
	if not ct.pid:
		say('Unable to stop: container is not running')
		return
	say('Killing container ...' if fast else 'Stopping container ...')
	freeze(ct, False)
	if fast:
		os.kill(ct.pid, signal.SIGKILL)
	else:
		action(ct, 'stop', inside=True)
		halt(ct)
		if not wait_end(ct, float(ct.get('STOP_TIMEOUT', '120'))):
			os.kill(ct.pid, signal.SIGKILL)
	if not wait_end(ct, 30):
		raise Fail(33, 'Unable to stop container')
	say('Container was stopped')
	finish(ct)


def freeze(ct, on):
	if ct.state().get('paused', False) == on:
		return
	for group in cgroup_roots():
		for name, words in ('freezer.state', ('THAWED', 'FROZEN')), ('cgroup.freeze', ('0', '1')):
			path = f'{group}/vz-{ct.id}/{name}'
			if os.path.exists(path):
				with open(path, 'w') as f:
					f.write(words[on])
	ct.set_state(paused=on)


# -- inside -------------------------------------------------------------------------

def shell_of(ct):
	return '/bin/bash' if os.path.lexists(f'{ct.private}/bin/bash') else '/bin/sh'


def inside_run(ct, argv, env=None, **how):
	sys.stdout.flush()
	enter = [shutil.which('nsenter'), '-t', str(ct.pid), '-m', '-u', '-i', '-n', '-p', '-r', '-w', '--']
	status = subprocess.run(enter + argv, env=env or ENV, preexec_fn=drop_powers, **how).returncode
	return status if status >= 0 else 128 - status


def write_inside(ct, path, text):
	"""A file of the tree, in place of a link: what a tree links to is not written through."""
	path = f'{ct.private}/{path}'
	os.makedirs(os.path.dirname(path), exist_ok=True)
	if os.path.islink(path):
		os.unlink(path)
	write_file(path, text)


def set_resolver(ct, nameservers, domains):
	"""resolv.conf: the host's when the configuration says inherit."""
	if nameservers == 'inherit':
		with open('/etc/resolv.conf') as f:
			return write_inside(ct, 'etc/resolv.conf', f.read())
	text = ''.join(f'nameserver {n}\n' for n in nameservers.split())
	if text or domains:
		write_inside(ct, 'etc/resolv.conf', text + (f'search {domains}\n' if domains else ''))
	return None


# -- network ------------------------------------------------------------------------

def random_mac():
	return '00:18:51:' + ':'.join(f'{random.randrange(256):02x}' for _ in range(3))


def in_net(ct, *args, check_it=True):
	ip('-n', ct.id, *args, check_it=check_it)


def pair(ct, host, mac, name, inner_mac):
	"""A veth pair, one end in the container under its final name."""
	ip('link', 'add', host, 'address', mac, 'type', 'veth', 'peer', 'name', name, 'address', inner_mac, 'netns', ct.id)
	ip('link', 'set', host, 'up')
	in_net(ct, 'link', 'set', name, 'up')


def connect(ct):
	"""The container's network namespace gets a name, then its devices and addresses."""
	os.makedirs('/var/run/netns', exist_ok=True)
	os.symlink(f'/proc/{ct.pid}/ns/net', f'/var/run/netns/{ct.id}')
	in_net(ct, 'link', 'set', 'lo', 'up')
	for nic in ct.nics():
		add_nic(ct, nic)
	if ct.addresses():
		say(f'Adding IP address(es): {" ".join(ct.addresses())}')
		for address in ct.addresses():
			add_address(ct, address)


def add_nic(ct, nic):
	pair(ct, nic['host_ifname'], nic['host_mac'], nic['ifname'], nic['mac'])
	if not nic.get('bridge'):
		return
	try:
		ip('link', 'set', nic['host_ifname'], 'master', nic['bridge'])
	except Fail:
		ip('link', 'del', nic['host_ifname'], check_it=False)
		raise


def venet_name(ct):
	return f'venet0.{ct.short}'


def add_address(ct, address):
	"""venet carries packets without ARP: both ends of the pair have the same hardware address."""
	host, bare = venet_name(ct), address.split('/')[0]
	if not os.path.exists(f'/sys/class/net/{host}'):
		mac = random_mac()
		pair(ct, host, mac, 'venet0', mac)
		ip('link', 'set', host, 'arp', 'off')
		in_net(ct, 'link', 'set', 'venet0', 'arp', 'off')
	family = ['-6'] if ':' in bare else []
	prefix = '128' if family else '32'
	in_net(ct, 'addr', 'add', f'{bare}/{prefix}', 'dev', 'venet0')
	in_net(ct, *family, 'route', 'replace', 'default', 'dev', 'venet0')
	ip(*family, 'route', 'replace', f'{bare}/{prefix}', 'dev', host)


def del_address(ct, address):
	host, bare = venet_name(ct), address.split('/')[0]
	prefix = '128' if ':' in bare else '32'
	in_net(ct, 'addr', 'del', f'{bare}/{prefix}', 'dev', 'venet0', check_it=False)
	ip('route', 'del', f'{bare}/{prefix}', 'dev', host, check_it=False)


def assign_name(ct, name):
	for other in all_ids():
		if other != ct.id and read_conf(f'{ETC}/conf/{other}.conf').get('NAME') == name:
			raise Fail(131, f'Conflict: name {name} already used by CT {other}')
	ct.conf['NAME'] = name
	say(f'Name {name} assigned')


def new_uuid():
	return str(uuid.uuid4())
