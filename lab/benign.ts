// Work that a developer's or a server's machine does all day and that is nobody's attack: each as a script for a fresh folder, on
// what it makes itself and without a network. Knows nothing of what watches it.

export type Benign = {
  readonly name: string;
  /** Programs without which it cannot be done. */
  readonly needs: readonly string[];
  /** For `sh -eu`; `$ROUNDS` is how often. Says nothing, or what went wrong. */
  readonly script: string;
};

const FILES =
  'i=0; while [ $i -lt 40 ]; do mkdir -p tree/d$((i % 5)); echo "line $i" > tree/d$((i % 5))/f$i; i=$((i+1)); done';
const each = (work: string): string => `r=0; while [ $r -lt $ROUNDS ]; do\n${work}\nr=$((r+1)); done`;

const SUITE = `
import json, multiprocessing, os, shutil, socket, sqlite3, subprocess, sys, tempfile, threading, unittest

def square(number):
    return number * number

class Suite(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
    def test_programs(self):
        for _ in range(5):
            done = subprocess.run([sys.executable, "-c", "print(1)"], capture_output=True, text=True)
            self.assertEqual(done.stdout, "1\\n")
        with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as cat:
            self.assertEqual(cat.communicate(b"x")[0], b"x")
    def test_workers(self):
        with multiprocessing.get_context("fork").Pool(2) as pool:
            self.assertEqual(pool.map(square, range(10))[3], 9)
    def test_files(self):
        for i in range(30):
            path = os.path.join(self.folder, str(i))
            with open(path + ".new", "w") as file:
                json.dump({"i": i}, file)
            os.replace(path + ".new", path)
    def test_database(self):
        with sqlite3.connect(os.path.join(self.folder, "db")) as db:
            db.execute("create table t (a)")
            db.executemany("insert into t values (?)", [(i,) for i in range(100)])
    def test_sockets(self):
        server = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=lambda: server.accept()[0].close())
        thread.start()
        socket.create_connection(server.getsockname()).close()
        thread.join()
        server.close()

unittest.main(argv=["suite"], verbosity=0)
`;

/** Builds a wheel, as PEP 517 and 427 want it, with what Python brings. */
const BACKEND = `
import zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "thing-1-py3-none-any.whl"
    with zipfile.ZipFile(folder + "/" + name, "w") as wheel:
        wheel.write("thing.py")
        wheel.writestr("thing-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: thing\\nVersion: 1\\n")
        wheel.writestr("thing-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: own\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("thing-1.dist-info/RECORD", "thing.py,,\\n")
    return name
`;

export const benign: readonly Benign[] = [
  {
    name: 'compile',
    needs: ['gcc', 'make'],
    script: `
for n in a b c d; do printf 'int %s(int x) { return x + %d; }\\n' $n 7 > $n.c; done
printf 'int a(int);\\nint main(void) { return a(1) - 8; }\\n' > main.c
printf 'all: prog\\nprog: main.o a.o b.o c.o d.o\\n\\tgcc -o prog main.o a.o b.o c.o d.o\\n%%.o: %%.c\\n\\tgcc -O2 -g -c -o $@ $<\\n' > Makefile
${each('rm -f *.o prog; make -s -j2; ./prog')}`,
  },
  {
    name: 'git',
    needs: ['git'],
    script: `
export HOME=$PWD GIT_CONFIG_NOSYSTEM=1
git init -q -b main repo; cd repo; git config user.email a@b; git config user.name a
${FILES}
${each(`echo $r >> tree/d0/f0; git add -A; git commit -qm "change $r"
git checkout -q -b side$r; echo side >> tree/d1/f1; git commit -qam side; git checkout -q main; git merge -q --no-edit side$r`)}
git gc -q; git fsck --no-progress >/dev/null; cd ..; git clone -q repo copy; git -C copy log --oneline >/dev/null`,
  },
  {
    name: 'npm-ci',
    needs: ['npm', 'node'],
    script: `
export HOME=$PWD npm_config_cache=$PWD/cache npm_config_update_notifier=false npm_config_audit=false npm_config_fund=false
mkdir dep app; cd dep; printf '{"name":"dep","version":"1.0.0","main":"i.js","scripts":{"postinstall":"node i.js"}}' > package.json; echo 'module.exports=1' > i.js
npm pack --silent >/dev/null; cd ../app
printf '{"name":"app","version":"1.0.0","dependencies":{"dep":"file:../dep/dep-1.0.0.tgz"}}' > package.json
npm install --offline --silent
${each('npm ci --offline --silent')}
node -e 'if (require("dep") !== 1) process.exit(1)'`,
  },
  {
    name: 'python-wheel',
    needs: ['python3'],
    script: `
export HOME=$PWD PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INDEX=1
python3 -c 'import pip' 2>/dev/null || { echo 'skip: no pip'; exit 0; }
printf '[build-system]\\nrequires = []\\nbuild-backend = "build"\\nbackend-path = ["."]\\n[project]\\nname = "thing"\\nversion = "1"\\n' > pyproject.toml
echo 'x = 1' > thing.py; cat > build.py <<'END'${BACKEND}END
${each('python3 -m pip wheel -q --no-deps --no-build-isolation -w wheels . ; python3 -m pip install -q --no-deps --target site$r wheels/*.whl')}
PYTHONPATH=site0 python3 -c 'import thing; assert thing.x == 1'`,
  },
  {
    name: 'debian-package',
    needs: ['dpkg-deb', 'dpkg'],
    script: `
mkdir -p pkg/DEBIAN pkg/usr/share/thing root/var/lib/dpkg/info root/var/lib/dpkg/updates; touch root/var/lib/dpkg/status
printf 'Package: thing\\nVersion: 1\\nArchitecture: all\\nMaintainer: a <a@b>\\nDescription: a thing\\n' > pkg/DEBIAN/control
i=0; while [ $i -lt 30 ]; do echo $i > pkg/usr/share/thing/$i; i=$((i+1)); done
${each(`dpkg-deb --root-owner-group --build pkg thing.deb >/dev/null; dpkg-deb --info thing.deb >/dev/null; rm -rf out; dpkg-deb -x thing.deb out
dpkg --root=$PWD/root --log=$PWD/dpkg.log --force-depends -i thing.deb >/dev/null; dpkg --root=$PWD/root --log=$PWD/dpkg.log -r thing >/dev/null`)}`,
  },
  {
    name: 'strace',
    needs: ['strace'],
    script: each('strace -f -o trace sh -c "ls / >/dev/null; cat /etc/hostname >/dev/null; true"; test -s trace'),
  },
  {
    name: 'debugger',
    needs: ['gdb', 'gcc'],
    script: `
printf '#include <stdio.h>\\nint f(int x) { return x * 2; }\\nint main(void) { printf("%%d\\\\n", f(21)); return 0; }\\n' > p.c; gcc -g -o p p.c
${each("gdb -q -nx -batch -ex 'break f' -ex run -ex bt -ex 'set var x = 4' -ex continue ./p >said 2>&1; grep -q '^8' said")}`,
  },
  {
    name: 'python-suite',
    needs: ['python3'],
    script: `cat > suite.py <<'END'${SUITE}END\n${each('python3 suite.py 2>/dev/null')}`,
  },
  {
    name: 'files',
    needs: ['tar', 'find', 'sort', 'gzip'],
    script: `
${FILES}
${each(`tar czf all.tgz tree; rm -rf back; mkdir back; tar xzf all.tgz -C back; find back -type f | sort | xargs cat | sort -u | wc -l >/dev/null
cp -r back again; find again -name 'f1*' -exec mv {} {}.old \\;; sed -i s/line/row/ back/tree/d0/*; grep -r row back >/dev/null; rm -rf again`)}`,
  },
];
