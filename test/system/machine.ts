import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasTool } from '../../packages/dns/src/debian-tool.test-support.ts'
import { type Suite, machineImage } from './machine-image.ts'

const REPOSITORY = join(import.meta.dirname, '../..')

/** Where the repository is in the machine, as a program that everybody there may run. */
const PROGRAM = '/opt/signpost'
/** Where the machine's Node is. */
const NODE = '/usr/local/bin/node'

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface MachineOptions {
  readonly suite?: Suite
  /** Services that are switched on before it starts. */
  readonly services?: readonly string[]
  /** Files that it has when it starts, by path. */
  readonly files?: Readonly<Record<string, string>>
}

/**
 * A Debian system of its own on this kernel, with its own systemd as process 1: in namespaces for mounts, network,
 * processes, host name, IPC and control groups, and on an overlay over an image that is only read. It sees none of this
 * machine's files but the repository, and no network but its own loopback and what it makes itself.
 */
export class Machine implements AsyncDisposable {
  private readonly directory: string
  private readonly image: string
  private keeper: ChildProcess
  private init = ''

  private constructor(directory: string, image: string, services: readonly string[]) {
    this.directory = directory
    this.image = image
    this.keeper = this.powerOn(services)
  }

  static async boot(options: MachineOptions = {}): Promise<Machine> {
    const image = await machineImage(options.suite ?? 'bookworm')
    const directory = await mkdtemp(join(tmpdir(), 'signpost-machine-'))
    for (const name of ['upper', 'work', 'root']) await mkdir(join(directory, name))
    for (const [path, text] of Object.entries(options.files ?? {})) {
      const file = join(directory, 'upper', path)
      await mkdir(join(file, '..'), { recursive: true })
      await writeFile(file, text)
    }
    const machine = new Machine(directory, image, options.services ?? [])
    await machine.started()
    return machine
  }

  /** Shuts it down in order, and starts it again: what is on disk stays, and nothing else. */
  async reboot(): Promise<void> {
    const ended = once(this.keeper, 'close')
    await this.run(['systemctl', 'poweroff'])
    await ended
    this.keeper = this.powerOn([])
    await this.started()
  }

  /** Runs a program in the machine to its end. */
  async run(command: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
    return new Promise(resolve => {
      execFile(
        'nsenter',
        [`--target=${this.init}`, '--mount', '--net', '--pid', '--uts', '--ipc', '--cgroup', ...command],
        {
          encoding: 'utf8',
          maxBuffer: 2 ** 26,
          env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin', LANG: 'C.UTF-8', ...env },
        },
        (error, stdout, stderr) => {
          resolve({
            code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1,
            stdout,
            stderr,
          })
        },
      )
    })
  }

  /** The same for a script of the shell; throws where it fails. */
  async sh(script: string): Promise<string> {
    const { code, stdout, stderr } = await this.run(['sh', '-ec', script])
    if (code !== 0) throw new Error(`${script}\nended with ${code}:\n${stdout}${stderr}`)
    return stdout
  }

  async signpost(args: readonly string[]): Promise<Ended> {
    return this.run([...SIGNPOST, ...args], { SIGNPOST_NO_PUBLIC_NETWORK: '1' })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.keeper, 'close')
    this.keeper.kill('SIGKILL')
    await ended
    await rm(this.directory, { recursive: true, force: true })
  }

  private powerOn(services: readonly string[]): ChildProcess {
    const namespaces = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--uts', '--ipc', '--cgroup']
    // It ends with this process, however that ends.
    return spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...namespaces, '/bin/sh', '-euc', START], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        PATH: process.env['PATH'],
        container: 'signpost-test',
        IMAGE: this.image,
        DIRECTORY: this.directory,
        REPOSITORY,
        NODE: process.execPath,
        SERVICES: services.join(' '),
      },
    })
  }

  private async started(): Promise<void> {
    this.init = await initOf(this.keeper)
    for (;;) {
      if (this.keeper.exitCode !== null) throw new Error('the machine ended before it had started')
      const { stdout } = await this.run(['systemctl', 'is-system-running', '--wait'])
      // Degraded: some file systems of the kernel cannot be mounted from in here.
      if (/running|degraded/.test(stdout)) return
      await sleep(50)
    }
  }
}

/** Whether machines can be made here. Where not, one line says why; in CI, where they can, that is a failure. */
export function canBoot(): boolean {
  if (process.getuid?.() === 0) return hasTool(['mmdebstrap', '--version'], 'mmdebstrap')
  const message = 'tests are skipped: they need root, to make namespaces for machines of their own'
  if (process.env['CI']) throw new Error(message)
  console.warn(message)
  return false
}

/** The command line of `signpost` in a machine. */
export const SIGNPOST: readonly string[] = [
  NODE,
  '--conditions=@signpost/source',
  `${PROGRAM}/packages/cli/src/bin.ts`,
]

/** What process 1 of a machine does before it is systemd. The order of mounts is that of systemd-nspawn. */
const START = `
mount --make-rprivate /
cd "$DIRECTORY"
mount -t overlay overlay -o "lowerdir=$IMAGE,upperdir=$DIRECTORY/upper,workdir=$DIRECTORY/work" root
cd root
for service in $SERVICES; do chroot . systemctl --quiet enable "$service" 2>/dev/null; done
mkdir -p opt/signpost/packages opt/signpost/node_modules
for part in packages node_modules; do
  mount --bind "$REPOSITORY/$part" opt/signpost/$part
  mount -o remount,bind,ro opt/signpost/$part
done
touch usr/local/bin/node
mount --bind "$NODE" usr/local/bin/node
cp "$REPOSITORY/package.json" opt/signpost/
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do
  touch dev/$device
  mount --bind /dev/$device dev/$device
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mount -t tmpfs tmpfs dev/shm
ip link set lo up
hostname signpost-test
pivot_root . mnt
umount -l /mnt
exec env -i container="$container" PATH=/usr/sbin:/usr/bin /lib/systemd/systemd --unit=multi-user.target --show-status=no </dev/null
`

/** The process that is number 1 inside. */
async function initOf(keeper: ChildProcess): Promise<string> {
  const children = `/proc/${keeper.pid}/task/${keeper.pid}/children`
  for (;;) {
    if (keeper.exitCode !== null) throw new Error('the machine did not start; see above')
    const pid = existsSync(children) ? (await readFile(children, 'utf8')).trim() : ''
    if (pid !== '' && (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).includes('systemd'))
      return pid
    await sleep(20)
  }
}
