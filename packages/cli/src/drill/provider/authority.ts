import type { HostPort } from '../../values/host-port.ts'

/** The DNS server that has the provider's zone. */
export interface Authority extends AsyncDisposable {
  readonly software: string
  readonly at: HostPort
  /** @param serial of the zone file, higher than that of the one before. It resolves once that is what is answered. */
  load(zone: string, serial: number): Promise<void>
}
