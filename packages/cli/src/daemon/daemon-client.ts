import type { SignedRecord, ZoneId } from '@signpost/core'
import type {
  PastRecord,
  PutOptions,
  PutReceipt,
  ResolveOptions,
  ResolveOutcome,
  ZoneClient,
} from '@signpost/node'
import { type CallOptions, type DaemonAddress, callDaemon } from './call.ts'
import { readOutcome, readReceipt, writePutCall } from './codec.ts'
import { HISTORY_PAGE, readHistory } from './history-codec.ts'
import type { Json } from './transport.ts'

/** The node of a running daemon, used as if it were in this process. No secret ever goes to it. */
export class DaemonClient implements ZoneClient {
  private readonly address: DaemonAddress

  constructor(address: DaemonAddress) {
    this.address = address
  }

  async resolve(zoneId: ZoneId, options: ResolveOptions = {}): Promise<ResolveOutcome> {
    const { policy, signal, onProgress } = options
    // The daemon is the same program in the same version, so that its events are what the type says.
    const result = await this.call(
      'resolve',
      { zoneId, policy },
      { signal, onProgress: onProgress as CallOptions['onProgress'] },
    )
    return readOutcome(zoneId, result)
  }

  async put(record: SignedRecord, options: PutOptions = {}): Promise<PutReceipt> {
    const { minAcks, draft, signal, onProgress } = options
    const body = writePutCall({ record, minAcks, draft })
    return readReceipt(
      await this.call('put', body, { signal, onProgress: onProgress as CallOptions['onProgress'] }),
    )
  }

  async history(zoneId: ZoneId): Promise<readonly PastRecord[]> {
    const past: PastRecord[] = []
    for (;;) {
      const before = past[0]?.record.sequence
      const page = readHistory(zoneId, await this.call('history', { zoneId, before }))
      past.unshift(...page)
      if (page.length < HISTORY_PAGE) return past
    }
  }

  /** Any other call. */
  async call(name: string, body: Json, options: CallOptions = {}): Promise<Json> {
    return callDaemon(this.address, name, body, options)
  }
}
