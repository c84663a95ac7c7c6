import { MalformedRecordError } from '@signpost/core'
import { NoRoomError, SOURCE_SHARE } from './admission.ts'

/** Milliseconds that kad-dht keeps an announcement (kad-dht specification, "Content provider advertisement"). */
const WINDOW = 48 * 3_600_000
/**
 * Announcements of content that a DHT takes in that time, of which one source may make a tenth. Signpost has no use for
 * them, but its servers share networks with IPFS. They are never judged before they are over, so twice as many can be
 * on disk: 30 MB.
 */
const ANNOUNCEMENTS = 100_000
/** Characters of a datastore key: `<prefix>/provider/<multihash>/<peer>` with a hash of 64 octets has less than 240. */
const LONGEST_KEY = 256

/** Bounds the provider records that strangers have a DHT keep for them. */
export class Announcements {
  private windowEnds = 0
  private taken = 0
  private readonly bySource = new Map<string, number>()

  /** Takes one more. @throws NoRoomError; MalformedRecordError for a name that no hash has. */
  take(source: string, key: string, now: number): void {
    if (key.length > LONGEST_KEY) throw new MalformedRecordError('no hash is that long')
    if (now >= this.windowEnds) {
      this.windowEnds = now + WINDOW
      this.taken = 0
      this.bySource.clear()
    }
    const its = this.bySource.get(source) ?? 0
    if (its >= ANNOUNCEMENTS * SOURCE_SHARE) throw new NoRoomError('source')
    if (this.taken >= ANNOUNCEMENTS) throw new NoRoomError('full')
    this.bySource.set(source, its + 1)
    this.taken++
  }
}
