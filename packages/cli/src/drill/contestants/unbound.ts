import { spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DrillError } from '../errors.ts'
import type { Child } from '../machine/children.ts'
import { programPath } from '../machine/program-path.ts'
import { untilSoa } from '../machine/soa.ts'
import type { Contestant, Stage } from './contestant.ts'

const UNBOUND = 'unbound'

/** Undefined where it is not installed. */
export function unboundHere(): string | undefined {
  const unbound = programPath(UNBOUND)
  if (unbound === undefined) return undefined
  const { stdout } = spawnSync(unbound, ['-V'], { encoding: 'utf8', timeout: 10_000 })
  const [, version] = /^Version (\S+)/.exec(stdout) ?? []
  return version === undefined ? undefined : `unbound ${version}`
}

/** Unbound as a forwarding cache. @param settings lines for its server clause. */
export class Unbound implements Contestant {
  private readonly stage: Stage
  private readonly settings: readonly string[]
  private child: Child | undefined

  constructor(stage: Stage, settings: readonly string[]) {
    this.stage = stage
    this.settings = settings
  }

  async start(): Promise<void> {
    const { children, directory, dns } = this.stage
    await mkdir(directory, { recursive: true })
    const file = join(directory, 'unbound.conf')
    await writeFile(file, this.configuration())
    const child = children.start([programPath(UNBOUND) ?? UNBOUND, '-d', '-c', file])
    this.child = child
    // A name of its own zone, which it answers whatever there is upstream.
    const isUp = await untilSoa(
      dns,
      'localhost',
      () => true,
      () => child.isRunning,
    )
    if (!isUp) throw new DrillError(`unbound does not start with ${file}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  async kill(): Promise<void> {
    await this.child?.kill()
  }

  private configuration(): string {
    const { directory, dns, upstream } = this.stage
    return `server:
  interface: ${dns.host}@${dns.port}
  directory: "${directory}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  logfile: "${directory}/log"
  module-config: "iterator"
  num-threads: 1
  access-control: 127.0.0.0/8 allow
  do-ip6: no
  do-not-query-localhost: no
${this.settings.map(setting => `  ${setting}`).join('\n')}
forward-zone:
  name: "."
  forward-addr: ${upstream.host}@${upstream.port}
remote-control:
  control-enable: no
`
  }
}
