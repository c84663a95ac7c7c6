import {
  type SignedRecord,
  type Verifier,
  apexOf,
  compareRecords,
  createZone,
  digestOf,
  signRecord,
} from '@signpost/core'
import { parseZoneFile } from '@signpost/dns'
import { DAY, NOW, SteppedClock, createOwner, quiet } from '../engine.test-support.ts'
import type { PublishConflictError } from '../errors.ts'
import { type Holder, MemoryNetwork } from '../routing/memory-routing.ts'
import { MemoryStore } from '../store/memory-store.ts'
import { createSteppedVerifier } from '../verifier.test-support.ts'
import { checkReports } from './reports.test-support.ts'
import { type Process, startProcess } from './process.test-support.ts'
import { type Manner, Publisher, versionsIn, zoneText } from './publisher.test-support.ts'
import { Random } from './random.test-support.ts'
import { Witness } from './readers.test-support.ts'
import { SlowRouting } from './slow-routing.test-support.ts'

const PUBLISHERS = 3
const READERS = 3
const HOLDERS = 8
const MANNERS: readonly Manner[] = ['plain', 'rebase', 'look-again']
/** Milliseconds in which everything is begun: short, so that it comes at the same time. */
const SPAN = 20_000
/** Timers that a schedule may run; one that runs on is a loop. */
const STEPS = 100_000

const owner = createOwner(3)
const { zoneId, routingKey, signer } = owner

/** What happened in one schedule. */
export interface ScheduleReport {
  readonly published: number
  readonly conflicts: number
  readonly lost: number
  readonly winner: SignedRecord
}

interface Machine {
  readonly name: string
  readonly disk: MemoryStore
  readonly witness: Witness
  readonly reported: PublishConflictError[]
  process: Process
}

/**
 * Publishers with one key, and readers, among peers that lose records and answer late, out of order or not at all;
 * all of it the same for the same seed. Everybody is watched at every step, and what must never happen throws.
 */
export async function runSchedule(seed: number): Promise<ScheduleReport> {
  const schedule = new Schedule(new Random(seed))
  try {
    return await schedule.run()
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error })
  }
}

class Schedule {
  private readonly random: Random
  private readonly clock = new SteppedClock()
  private readonly network = new MemoryNetwork()
  private readonly verifier = verifyOnce(createSteppedVerifier())
  private readonly machines: Machine[] = []
  private readonly publishers: Publisher[] = []
  private readonly signed = new Set<SignedRecord>()
  private readonly running: Promise<unknown>[] = []
  private trouble = true
  private failure: Error | undefined

  constructor(random: Random) {
    this.random = random
  }

  async run(): Promise<ScheduleReport> {
    for (let at = 0; at < HOLDERS; at++) this.network.add()
    for (let at = 0; at < PUBLISHERS; at++) this.publishers.push(new Publisher(at, PUBLISHERS, signer))
    for (let at = 0; at < PUBLISHERS + READERS; at++) this.addMachine(at)
    await this.begin()
    for (const [at, publisher] of this.publishers.entries()) this.planPublisher(at, publisher)
    for (const machine of this.machines.slice(PUBLISHERS)) this.planReader(machine)
    this.planTrouble()
    await this.settle()
    return this.converge()
  }

  private addMachine(at: number): void {
    const name = at < PUBLISHERS ? `publisher ${at}` : `reader ${at - PUBLISHERS}`
    const disk = new MemoryStore()
    const reported: PublishConflictError[] = []
    const witness = new Witness(name, zoneId, disk)
    this.machines.push({ name, disk, witness, reported, process: this.start(disk, reported) })
  }

  // The first version is with all peers and most publishers; one may be a new machine.
  private async begin(): Promise<void> {
    const content = createZone(zoneId, parseZoneFile(zoneText([0, 0, 0]), { origin: apexOf(zoneId) }))
    const first = await signRecord({ zoneId, content, sequence: 1, expiresAt: NOW + DAY }, signer)
    this.signed.add(first)
    for (const holder of this.network.holders) holder.hold(routingKey, first.bytes)
    for (const { disk } of this.machines.slice(0, PUBLISHERS))
      if (!this.random.chance(0.1)) await disk.put(first, { confirmedAt: NOW, own: true })
  }

  private start(store: MemoryStore, reported: PublishConflictError[]): Process {
    return startProcess({
      clock: this.clock,
      store,
      verifier: this.verifier,
      routing: new SlowRouting(this.network.holders, () => this.journey()),
      onPut: record => this.signed.add(record),
      emit: (name, detail) => {
        if (name === 'conflict') reported.push((detail as { error: PublishConflictError }).error)
      },
    })
  }

  // Most messages are quick, some are late, some very late; while there is trouble, some are lost.
  private async journey(): Promise<boolean> {
    const { random } = this
    if (this.trouble && random.chance(0.02)) return new Promise(() => {})
    if (this.trouble && random.chance(0.02)) return false
    const longest = random.chance(0.05) ? 30_000 : random.chance(0.2) ? 3_000 : 300
    return new Promise(resolve => {
      this.clock.after(random.whole(1, longest), () => resolve(true))
    })
  }

  private planPublisher(at: number, publisher: Publisher): void {
    const { random } = this
    const machine = this.machines.at(at)!
    for (let change = random.whole(1, 4); change > 0; change--) {
      const [manner, validFor] = [random.pick(MANNERS), DAY * random.whole(1, 3)]
      this.later(() => publisher.change(machine.process, manner, validFor))
    }
    for (let round = random.whole(0, 2); round > 0; round--) this.later(() => machine.process.republish())
    if (random.chance(0.5))
      this.later(() => {
        this.restart(machine)
        publisher.killed()
      })
  }

  private planReader(machine: Machine): void {
    const { random } = this
    for (let times = random.whole(2, 6); times > 0; times--) {
      const policy = random.pick(['cache-first', 'network-first'] as const)
      this.later(() => this.resolve(machine, policy))
    }
    if (random.chance(0.5)) this.later(() => this.restart(machine))
  }

  private planTrouble(): void {
    const { random, network } = this
    for (let times = random.whole(0, 12); times > 0; times--)
      this.later(() => random.pick(network.holders).forget(routingKey))
    // All copies that others hold, at once.
    if (random.chance(0.2))
      this.later(() => {
        for (const holder of network.holders) holder.forget(routingKey)
      })
    this.clock.after(SPAN, () => {
      this.trouble = false
    })
  }

  private restart(machine: Machine): void {
    machine.process.kill()
    machine.process = this.start(machine.disk, machine.reported)
  }

  private async resolve(machine: Machine, policy: 'cache-first' | 'network-first'): Promise<void> {
    const { process } = machine
    try {
      const outcome = await process.resolve(zoneId, { policy })
      // Of a process that was killed nobody hears.
      if (machine.process === process) machine.witness.hear(outcome)
    } catch (error) {
      if ((error as { readonly code?: unknown }).code !== 'RESOLVE_FAILED') throw error
      if (machine.witness.seen !== undefined)
        throw new Error(`${machine.name} was told nothing after it had seen a record`, { cause: error })
    }
  }

  /** Begins something at a moment of the span. */
  private later(begin: () => unknown): void {
    this.clock.after(this.random.whole(0, SPAN), () => {
      this.running.push(this.guarded(begin))
    })
  }

  private async guarded(begin: () => unknown): Promise<void> {
    try {
      await begin()
    } catch (error) {
      this.failure ??= error as Error
    }
  }

  /** Lets everything happen, and watches everybody at every step. */
  private async settle(): Promise<void> {
    // What was begun just now sets its timers first.
    await quiet()
    for (let step = 0; await this.clock.next(); step++) {
      if (step === STEPS) throw new Error('it does not come to rest')
      for (const { witness } of this.machines) await witness.look()
      if (this.failure !== undefined) throw this.failure
    }
  }

  /** With all ways open again and everybody awake, all come to know one record, which is the greatest there is. */
  private async converge(): Promise<ScheduleReport> {
    const { machines, network } = this
    for (const machine of machines.slice(0, PUBLISHERS)) {
      this.running.push(this.guarded(() => machine.process.republish()))
      await this.settle()
    }
    for (const machine of machines)
      this.running.push(this.guarded(() => this.resolve(machine, 'network-first')))
    await this.settle()
    const winner = await this.winner()
    for (const machine of machines)
      expectSame(machine.name, (await machine.witness.look())?.data, winner.data)
    for (const holder of network.holders) expectSame(holder.peer, held(holder), winner.bytes)
    const attempts = this.publishers.flatMap(publisher => publisher.attempts)
    const chain = chainOf(winner, this.signed)
    const lost = checkReports({ attempts, chain, reported: machines.map(({ reported }) => reported) })
    this.checkChanges(chain)
    return {
      winner,
      lost,
      published: attempts.filter(({ outcome }) => outcome === 'published').length,
      conflicts: attempts.filter(({ outcome }) => outcome === 'conflict').length,
    }
  }

  private async winner(): Promise<SignedRecord> {
    let best: SignedRecord | undefined
    for (const { disk } of this.machines) {
      const record = (await disk.get(zoneId))?.record
      if (record !== undefined && (best === undefined || compareRecords(record, best) > 0)) best = record
    }
    if (best === undefined) throw new Error('nothing was published')
    return best
  }

  // No change that stands was undone by another publisher, who changed something else.
  private checkChanges(chain: readonly SignedRecord[]): void {
    const winner = chain.at(-1)!
    const versions = versionsIn(winner, PUBLISHERS)
    for (const { publisher, version, put } of this.publishers.flatMap(({ attempts }) => attempts)) {
      const stands = put.some(record => chain.some(({ data }) => Buffer.compare(data, record.data) === 0))
      if (stands && (versions[publisher] ?? 0) < version)
        throw new Error(`version ${version} of publisher ${publisher} was undone: ${versions.join(' ')}`)
    }
  }
}

/** A record and all that it was built on, oldest first. */
function chainOf(record: SignedRecord, signed: Iterable<SignedRecord>): SignedRecord[] {
  const byDigest = new Map([...signed].map(record => [Buffer.from(digestOf(record)).toString('hex'), record]))
  const chain = [record]
  for (let at: SignedRecord | undefined = record; at?.previous !== undefined; ) {
    at = byDigest.get(Buffer.from(at.previous).toString('hex'))
    if (at !== undefined) chain.unshift(at)
  }
  return chain
}

function held(holder: Holder): Uint8Array | undefined {
  return holder.held(routingKey)
}

function expectSame(who: string, octets: Uint8Array | undefined, expected: Uint8Array): void {
  if (octets === undefined || Buffer.compare(octets, expected) !== 0)
    throw new Error(`${who} has another record than the winner at the end`)
}

/** Verifies each signature once for all machines: the same octets have the same verdict. */
function verifyOnce(verifier: Verifier): Verifier {
  const verdicts = new Map<string, boolean | Promise<boolean>>()
  return {
    verify: (publicKey, message, signature) => {
      const name = `${Buffer.from(signature).toString('latin1')}${Buffer.from(message).toString('latin1')}`
      const verdict = verdicts.get(name) ?? verifier.verify(publicKey, message, signature)
      verdicts.set(name, verdict)
      return verdict
    },
  }
}
