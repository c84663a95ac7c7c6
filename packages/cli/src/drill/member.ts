import { mkdir } from 'node:fs/promises'
import type { HostPort } from '../values/host-port.ts'
import type { Contestant, Entry, Stage } from './contestants/contestant.ts'
import { DrillError } from './errors.ts'
import type { Log } from './log.ts'
import type { Child } from './machine/children.ts'
import { asMachine } from './machine/places.ts'
import { stampede } from './machine/herd.ts'
import type { Participant, Span } from './report/record.ts'
import { LAST, type Program, type StationReport, type StationSettings } from './station/settings.ts'

/** Milliseconds between two requests of a program, and for which it waits. */
const PERIOD = 1000
const PATIENCE = 5000

export interface MemberParts {
  readonly entry: Entry
  readonly stage: Stage
  readonly programs: readonly Program[]
  readonly servicePort: number
  /** Whether programs can have a resolv.conf of their own. */
  readonly ownSpace: boolean
  readonly upstream: readonly number[]
}

/** One contestant with its resolver and the programs that use it. */
export class Member implements AsyncDisposable {
  readonly entry: Entry
  private readonly parts: MemberParts
  private readonly contestant: Contestant
  private readonly down: Span[] = []
  private downSince: number | undefined
  private station: Child | undefined
  private stationEnded: Promise<void> = Promise.resolve()
  private herd: Participant['herd']

  constructor(parts: MemberParts) {
    this.entry = parts.entry
    this.parts = parts
    this.contestant = parts.entry.create(parts.stage)
  }

  async start(): Promise<void> {
    await mkdir(this.parts.stage.directory, { recursive: true })
    await this.contestant.start()
  }

  /** From now on its programs use the service; resolves when they do. */
  async use(log: Log): Promise<void> {
    const { stage, programs, servicePort: port, ownSpace } = this.parts
    const { dns, name: host, children, directory } = stage
    const asking: { dns?: HostPort } = ownSpace ? {} : { dns }
    const settings: StationSettings = {
      host,
      port,
      programs,
      ...asking,
      epoch: log.startedAt,
      period: PERIOD,
      patience: PATIENCE,
    }
    const ended = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    this.stationEnded = ended.promise
    this.station = children.startScript('drill/station/station', settings, {
      prefix: ownSpace ? await asMachine(directory, dns) : [],
      // Lookups of Node wait in a pool of threads, of which there are four by default: too few for those that hang.
      env: { ...process.env, UV_THREADPOOL_SIZE: '32' },
      onLine: line => {
        const { at, ...request } = JSON.parse(line) as StationReport
        log.request({ contestant: this.entry.id, at, ...request })
        begun.resolve()
      },
      onEnd: (_code, errors) => {
        begun.reject(new DrillError(`programs that use ${this.entry.title} ended: ${errors}`))
        ended.resolve()
      },
    })
    await begun.promise
  }

  async kill(log: Log): Promise<void> {
    this.downSince = log.now()
    await this.contestant.kill()
  }

  async restart(log: Log): Promise<void> {
    await this.contestant.start()
    this.down.push({ from: this.downSince ?? log.now(), to: log.now() })
  }

  async stampede(): Promise<void> {
    this.herd = await stampede(this.parts.stage.dns, this.parts.stage.name)
  }

  /** Lets programs begin no more requests, and waits for the last ones. */
  async finish(): Promise<void> {
    this.station?.write(LAST)
    await this.stationEnded
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.contestant[Symbol.asyncDispose]()
  }

  report(): Participant {
    const { entry, upstream } = this.parts
    const { id, title, about, promises } = entry
    const herd = this.herd === undefined ? {} : { herd: this.herd }
    return { id, title, about, promises, detail: entry.detail(), down: this.down, upstream, ...herd }
  }
}
