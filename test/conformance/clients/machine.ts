import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { Sandbox } from '../../../packages/cli/src/signpost-process.test-support.ts'
import { Namespace } from '../../interop/namespace.ts'
import { type ZoneText, startNsd } from '../servers.ts'

const runFile = promisify(execFile)

/**
 * A machine whose only DNS server is a gateway: a network namespace, in which the gateway has the ports that DNS has everywhere,
 * over UDP, TCP, TLS and HTTPS. Ordinary names come from an NSD, and a web server has a page.
 */
export class Machine implements AsyncDisposable {
  /** Where the names of the signed zone are. */
  readonly origin: string
  readonly directory: string
  private readonly namespace: Namespace
  private readonly open: AsyncDisposableStack

  private constructor(origin: string, directory: string, namespace: Namespace, open: AsyncDisposableStack) {
    this.origin = origin
    this.directory = directory
    this.namespace = namespace
    this.open = open
  }

  /** @param zone the text of a zone file that its owner signs. */
  static async start(zone: string, ordinary: readonly ZoneText[], page: string): Promise<Machine> {
    await using stack = new AsyncDisposableStack()
    const namespace = stack.use(await Namespace.create())
    // Programs ask for addresses of a family only where the machine has one of it that is not of loopback.
    for (const address of ['192.0.2.254/32', '2001:db8::ffff/128'])
      await run([...namespace.prefix, 'ip', 'address', 'add', address, 'dev', 'lo'])
    const directory = await mkdtemp(join(tmpdir(), 'signpost-machine-'))
    stack.defer(() => rm(directory, { recursive: true }))
    await writeFile(join(directory, 'index.html'), page)
    await writeFile(join(directory, 'zone'), zone)
    await writeFile(join(directory, 'nsswitch.conf'), 'hosts: files dns\n')
    await writeFile(join(directory, 'resolv.conf'), 'nameserver 127.0.0.1\n')
    await writeFile(
      join(directory, 'no-resolv.conf'),
      'nameserver 127.0.0.99\noptions timeout:1 attempts:1\n',
    )
    stack.use(await startNsd({ host: '127.0.0.2', port: 53 }, ordinary, namespace.prefix))
    stack.use(await serve(namespace, directory))
    const sandbox = stack.use(await Sandbox.create(namespace.prefix))
    await sandbox.daemon([
      'up',
      '--network',
      'private:clients',
      '--upstream',
      '127.0.0.2',
      '--dns',
      '127.0.0.1:53',
      '--tls',
      '127.0.0.1:853',
      '--https',
      '127.0.0.1:443',
      '--metrics',
      '127.0.0.1:9153',
    ])
    await sandbox.signpost(['key', 'new', 'owner'])
    const args = ['publish', join(directory, 'zone'), '--key', 'owner', '--min-acks', '0', '--json']
    const { stdout, stderr } = await sandbox.signpost(args)
    if (stdout === '') throw new Error(`publishing failed: ${stderr}`)
    const origin = `${JSON.parse(stdout).zoneId}.signpost.internal`
    return new Machine(origin, directory, namespace, stack.move())
  }

  /** What a program on this machine prints. */
  async run(...command: readonly string[]): Promise<string> {
    return run([...this.namespace.prefix, ...command])
  }

  /** The same for a program that asks the resolver of the C library, which has a configuration of its own here. */
  async runWithResolver(...command: readonly string[]): Promise<string> {
    return this.run(...this.withResolver('resolv.conf'), ...command)
  }

  /** Stands before a program and its arguments. @param file which of this machine's files is /etc/resolv.conf. */
  withResolver(file: 'resolv.conf' | 'no-resolv.conf'): readonly string[] {
    const binds = [
      [file, '/etc/resolv.conf'],
      ['nsswitch.conf', '/etc/nsswitch.conf'],
    ].map(([from = '', to = '']) => `mount --bind '${join(this.directory, from)}' "$(readlink -f ${to})"`)
    return ['unshare', '--mount', 'sh', '-c', `${binds.join(' && ')} && exec "$0" "$@"`]
  }

  /** A program of this machine for those who want one file. @param file which of its files is /etc/resolv.conf. */
  async script(name: string, file: 'resolv.conf' | 'no-resolv.conf', program: string): Promise<string> {
    const path = join(this.directory, name)
    const words = [...this.namespace.prefix, ...this.withResolver(file), program]
    const quoted = words.map(word => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
    await writeFile(path, `#!/bin/sh\nexec ${quoted} "$@"\n`, { mode: 0o755 })
    return path
  }

  /** The gateway's certificate as it shows it, PEM. */
  async certificate(): Promise<string> {
    const shown = await this.run('sh', '-c', 'openssl s_client -connect 127.0.0.1:853 -showcerts < /dev/null')
    const [pem] = /-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/s.exec(shown) ?? []
    if (pem === undefined) throw new Error(`there is no certificate: ${shown}`)
    return pem
  }

  /** Queries that have come so far. */
  async queriesOver(transport: 'udp' | 'tcp' | 'tls' | 'https'): Promise<number> {
    const metrics = await this.run('curl', '-sS', 'http://127.0.0.1:9153/metrics')
    const [, count] =
      new RegExp(`^signpost_queries_total{transport="${transport}"} (\\d+)$`, 'm').exec(metrics) ?? []
    return Number(count)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.open.disposeAsync()
  }
}

async function run([program = '', ...args]: readonly string[]): Promise<string> {
  const { stdout } = await runFile(program, args)
  return stdout
}

async function serve(namespace: Namespace, directory: string): Promise<AsyncDisposable> {
  const [program, ...args] = [
    ...namespace.prefix,
    '/usr/bin/python3',
    '-u',
    '-m',
    'http.server',
    '80',
    '--bind',
    '127.0.0.1',
    '--directory',
    directory,
  ]
  const server = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  const ended = once(server, 'close')
  await once(createInterface({ input: server.stdout }), 'line')
  return {
    async [Symbol.asyncDispose]() {
      server.kill('SIGTERM')
      await ended
    },
  }
}
