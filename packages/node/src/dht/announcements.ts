import { MalformedRecordError } from '@signpost/core'
import { type KeepLimits, NoRoomError, SOURCE_SHARE, admit } from './admission.ts'
import { KeptSources } from './kept-sources.ts'

/**
 * Announcements of content that a DHT keeps, of which one source may make a tenth. Signpost finds those by them who
 * listen for a zone, and its servers share networks with IPFS. kad-dht deletes each 48 hours after it was made last
 * (kad-dht specification, "Content provider advertisement"). Those from before a start are not counted, so that twice
 * as many can be on disk: 30 MB.
 */
const LIMITS: KeepLimits = { zones: 100_000, octets: Infinity, share: SOURCE_SHARE }

/** Characters of a datastore key: `<prefix>/provider/<multihash>/<peer>` with a hash of 64 octets has less than 240. */
const LONGEST_KEY = 256

/** Bounds the provider records that strangers have a DHT keep for them, and shares them out as zones are. */
export class Announcements {
  private readonly sources = new KeptSources<string>(LIMITS)
  private readonly sourceOf = new Map<string, string>()

  /**
   * Takes one; the same again counts once. Returns those that have to go for it.
   * @throws NoRoomError; MalformedRecordError for a name that no hash has.
   */
  take(source: string, key: string): readonly string[] {
    if (key.length > LONGEST_KEY) throw new MalformedRecordError('no hash is that long')
    const before = this.sourceOf.get(key)
    if (before !== undefined) {
      this.sources.set(before, key, 0, false)
      return []
    }
    const incoming = { zoneId: key, source, octets: 0, replaced: undefined }
    const admission = admit(incoming, this.sources, this.sources.usage, LIMITS, () => false)
    if (admission.kind === 'refused') throw new NoRoomError(admission.reason)
    for (const goer of admission.evicted) this.forget(goer)
    this.sources.set(source, key, 0, false)
    this.sourceOf.set(key, source)
    return admission.evicted
  }

  /** Takes note that one is deleted. */
  forget(key: string): void {
    const source = this.sourceOf.get(key)
    if (source === undefined) return
    this.sources.delete(source, key)
    this.sourceOf.delete(key)
  }
}
