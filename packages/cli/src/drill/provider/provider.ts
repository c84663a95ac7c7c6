import { join } from 'node:path'
import type { HostPort } from '../../values/host-port.ts'
import type { Child, Children } from '../machine/children.ts'
import type { Authority } from './authority.ts'
import { BE_SLOW, type EnactorReport, type EnactorSettings } from './enactor-settings.ts'
import { startNodeAuthority } from './node-authority.ts'
import { startNsdAuthority } from './nsd-authority.ts'
import { addressesOf } from './plan.ts'
import { PlanFiles } from './plan-files.ts'
import { providerZone } from './zone-text.ts'

export interface ProviderOptions {
  readonly children: Children
  readonly directory: string
  /** Where its DNS server listens. */
  readonly at: HostPort
  /** Addresses of the service, of which each plan has some. */
  readonly fleet: readonly string[]
  /** Told what automation does. */
  readonly onReport: (report: EnactorReport) => void
}

/**
 * Milliseconds between two plans, two looks of an enactor, and two looks of the DNS server at what stands. Between the looks of
 * any two enactors there is a new plan, so that each of them has something to apply.
 */
const PLAN_EVERY = 100
const ENACT_EVERY = 1000
const LOOK_EVERY = 50
/** Plans for which the same addresses stand. */
const STEADY = 80

/**
 * Three of them, as in three data centres. The first two apply and clean up in turns. Once the third one is slow, its old
 * plan comes between the first one's applying a newer one and its cleaning up. Where a busy machine lets it miss that moment, the second one
 * mends it, and the third is slow again.
 */
const ENACTORS = [
  { name: 'enactor-1', offset: 0 },
  { name: 'enactor-2', offset: 700 },
  { name: 'enactor-3', offset: 150 },
] as const

/** Milliseconds between an enactor's applying a plan and its cleaning up, which it does in every so manieth period. */
const CLEAN_UP_AFTER = 300
const CLEAN_UP_EVERY = 5

/** Who keeps the name in ordinary DNS: a planner, three automated writers, and an authoritative server. */
export class Provider implements AsyncDisposable {
  readonly authority: Authority
  private readonly options: ProviderOptions
  private readonly plans: PlanFiles
  private readonly enactors: Child[]
  private readonly timers: NodeJS.Timeout[]
  private pin: string | undefined
  private serial = 1
  private standing = ''
  private loading: Promise<void> = Promise.resolve()
  private onEmpty: () => void = () => {}

  private constructor(options: ProviderOptions, plans: PlanFiles, authority: Authority) {
    this.options = options
    this.plans = plans
    this.authority = authority
    this.timers = [setInterval(() => this.plan(), PLAN_EVERY), setInterval(() => this.look(), LOOK_EVERY)]
    const epoch = Date.now()
    this.enactors = ENACTORS.map(enactor => {
      const settings: EnactorSettings = {
        ...enactor,
        directory: options.directory,
        epoch,
        period: ENACT_EVERY,
        cleanUpAfter: CLEAN_UP_AFTER,
        cleanUpEvery: CLEAN_UP_EVERY,
      }
      return options.children.startScript('drill/provider/enactor', settings, {
        onLine: line => options.onReport(JSON.parse(line) as EnactorReport),
      })
    })
  }

  static async start(options: ProviderOptions): Promise<Provider> {
    const { children, directory, at, fleet } = options
    const plans = new PlanFiles(directory)
    plans.write({ number: 1, addresses: fleet.slice(0, 2) })
    plans.activate(1)
    const zone = providerZone({ serial: 1, addresses: addressesOf(plans) })
    const authority =
      (await startNsdAuthority(children, at, join(directory, 'nsd'), zone)) ??
      (await startNodeAuthority(at, zone))
    return new Provider(options, plans, authority)
  }

  /** Puts the owner's pin into the zone. */
  setPin(zoneId: string): void {
    this.pin = zoneId
  }

  /** Lets one writer fall behind, and resolves when the name has become empty. */
  async race(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.onEmpty = resolve
    const stop = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', stop)
    this.enactors.at(-1)?.write(BE_SLOW)
    try {
      await promise
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  /** What people do in the end: switch automation off, and put by hand what should be there. */
  async repair(): Promise<void> {
    clearInterval(this.timers[0])
    await Promise.all(this.enactors.map(async enactor => enactor.kill()))
    this.plan()
    this.plans.activate(Math.max(...this.plans.list()))
    this.look()
    await this.loading
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.timers) clearInterval(timer)
    await Promise.all(this.enactors.map(async enactor => enactor.kill()))
    await this.loading
    await this.authority[Symbol.asyncDispose]()
  }

  private plan(): void {
    const { fleet } = this.options
    const number = Math.max(0, this.plans.active() ?? 0, ...this.plans.list()) + 1
    const first = Math.floor(number / STEADY)
    const addresses = [0, 1].map(at => fleet[(first + at) % fleet.length] as string)
    this.plans.write({ number, addresses: [...new Set(addresses)] })
  }

  private look(): void {
    const addresses = addressesOf(this.plans)
    const content = { addresses, ...(this.pin === undefined ? {} : { pin: this.pin }) }
    const standing = JSON.stringify(content)
    if (standing === this.standing) return
    this.standing = standing
    this.serial += 1
    const { serial, authority } = this
    const zone = providerZone({ ...content, serial })
    this.loading = this.loading
      .then(async () => authority.load(zone, serial))
      .catch(() => {
        // Tried again at the next look.
        this.standing = ''
      })
    if (addresses.length === 0) void this.loading.then(this.onEmpty)
  }
}
