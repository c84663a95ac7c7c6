import {
  type SignedRecord,
  type Signer,
  type ZoneId,
  apexOf,
  createZone,
  zoneIdOf,
  zoneOf,
} from '@signpost/core'
import { parseZoneFile, printRdata } from '@signpost/dns'
import { NOW } from '../engine.test-support.ts'
import type { PublishConflictError } from '../errors.ts'
import type { PutOptions } from '../publish/client.ts'
import { type PublishRequest, publish } from '../publish/publish.ts'
import type { Process } from './process.test-support.ts'

/** How a publisher goes about it. */
export type Manner = 'plain' | 'rebase' | 'look-again'

/** One call of `publish`, and how it ended. */
export interface Attempt {
  readonly publisher: number
  /** The change: the version of the publisher's own RRset that it makes. */
  readonly version: number
  /** What was put on disk and given to peers for it, the last one last. */
  readonly put: SignedRecord[]
  outcome: 'under way' | 'published' | 'conflict' | 'failed' | 'killed'
  conflict: PublishConflictError | undefined
}

/**
 * One of several machines that edit a zone with the same key. The zone has an RRset for each of them that says which
 * version of it this is, and each machine changes its own alone.
 */
export class Publisher {
  readonly attempts: Attempt[] = []
  private readonly number: number
  private readonly count: number
  private readonly signer: Signer
  private readonly zoneId: ZoneId
  /** The zone file: the version of each machine's RRset. */
  private readonly file: number[]
  private version = 0

  constructor(number: number, count: number, signer: Signer) {
    this.number = number
    this.count = count
    this.signer = signer
    this.zoneId = zoneIdOf(signer.publicKey)
    this.file = new Array<number>(count).fill(0)
  }

  /** Makes one change and publishes it. Never rejects. */
  async change(process: Process, manner: Manner, validFor: number): Promise<void> {
    const changes = await this.begin(process, manner)
    if (changes === undefined) return
    this.version++
    this.file[this.number] = this.version
    const first = await this.attempt(process, validFor, changes)
    if (first.outcome !== 'conflict' || manner !== 'look-again') return
    const { theirs } = first.conflict ?? {}
    if (theirs === undefined) return
    // Reads what the others have written, and writes its own change into that.
    this.read(theirs)
    await this.attempt(process, validFor, { base: theirs })
  }

  // A machine with nothing on its disk begins with what stands, where it hears of that.
  private async begin(process: Process, manner: Manner): Promise<Partial<PublishRequest> | undefined> {
    const changes = manner === 'rebase' ? { rebase: true } : {}
    if ((await process.history(this.zoneId)).length > 0) return changes
    const outcome = await process.resolve(this.zoneId, { policy: 'network-first' }).catch(() => undefined)
    if (outcome?.kind !== 'found') return undefined
    this.read(outcome.record)
    return { ...changes, base: outcome.record }
  }

  /** The process died: what it was doing has no end. */
  killed(): void {
    for (const attempt of this.attempts) if (attempt.outcome === 'under way') attempt.outcome = 'killed'
  }

  private async attempt(
    process: Process,
    validFor: number,
    changes: Partial<PublishRequest>,
  ): Promise<Attempt> {
    const { number, version, signer } = this
    const attempt: Attempt = {
      publisher: number,
      version,
      put: [],
      outcome: 'under way',
      conflict: undefined,
    }
    this.attempts.push(attempt)
    const client = {
      ...process,
      put: async (record: SignedRecord, options?: PutOptions) =>
        process.put(record, {
          ...options,
          onProgress: event => {
            if (event.kind === 'stored') attempt.put.push(record)
            options?.onProgress?.(event)
          },
        }),
    }
    try {
      await publish(client, {
        signer,
        content: this.content(),
        now: NOW,
        validFor,
        ...changes,
      })
      if (attempt.outcome === 'under way') attempt.outcome = 'published'
    } catch (error) {
      if (attempt.outcome !== 'under way') return attempt
      attempt.outcome = 'failed'
      const { code } = error as { readonly code?: unknown }
      if (code === 'PUBLISH_CONFLICT') {
        attempt.outcome = 'conflict'
        attempt.conflict = error as PublishConflictError
      } else if (code !== 'PUBLISH_FAILED' && code !== 'RESOLVE_FAILED') throw error
    }
    return attempt
  }

  private read(theirs: SignedRecord): void {
    for (const [at, version] of versionsIn(theirs, this.count).entries())
      if (at !== this.number) this.file[at] = version
  }

  private content(): ReturnType<typeof createZone> {
    const { file, zoneId } = this
    return createZone(zoneId, parseZoneFile(zoneText(file), { origin: apexOf(zoneId) }))
  }
}

/** The zone file in which each machine's RRset is of the version given. */
export function zoneText(versions: readonly number[]): string {
  return ['@ 60 TXT "zone"', ...versions.map((version, at) => `p${at} 60 TXT "${version}"`)].join('\n')
}

/** The version of each machine's RRset in a record. */
export function versionsIn(record: SignedRecord, count: number): number[] {
  const versions = new Array<number>(count).fill(0)
  for (const { name, type, rdatas } of zoneOf(record)?.sets ?? []) {
    const machine = /^p(\d+)\./.exec(name.toString())?.[1]
    const [rdata] = rdatas
    if (machine !== undefined && rdata !== undefined)
      versions[Number(machine)] = Number(printRdata(type, rdata).replaceAll('"', ''))
  }
  return versions
}
