import type { HostPort } from '../../values/host-port.ts'

/** The DNS server that has the provider's zone. */
export interface Authority extends AsyncDisposable {
  readonly software: string
  readonly at: HostPort
  /** @param zone a zone file; its serial is higher than that of the one before. */
  load(zone: string): Promise<void>
}
