import type { SignedRecord, ZoneId } from '@signpost/core'
import type { ZoneClient } from './publish/client.ts'
import type { NodeEventTarget } from './events.ts'
import type { Network } from './host/network.ts'
import type { PublishOptions, PublishRequest, Published } from './publish/publish.ts'
import type { RefusalCounts } from './refusals.ts'
import type { RepublishOptions, RepublishReport } from './publish/republish.ts'
import type { BootstrapState } from './host/stay-connected.ts'
import type { Equivocation, StoredRecord } from './store/store.ts'

/** How it stands with one network. */
export interface NetworkStatus {
  readonly network: Network
  /** A server keeps records for others. In the public network a node becomes one when others can reach it. */
  readonly mode: 'server' | 'client'
  /** Peers in the routing table: those that a lookup can start from. */
  readonly known: number
}

/** How a node is at this moment. */
export interface NodeStatus {
  readonly peerId: string
  /** Multiaddrs under which others reach it, with its peer ID; none for a node that does not listen. */
  readonly addresses: readonly string[]
  /** In the order of the option. */
  readonly networks: readonly NetworkStatus[]
  readonly mdns: boolean
  /** Undefined for a node that keeps everything in memory. */
  readonly dataDir: string | undefined
  /** Peers with an open connection. */
  readonly connected: number
  readonly bootstrap: readonly BootstrapState[]
  /** Records that peers brought and this node did not take, since the start. */
  readonly refused: RefusalCounts
  /** Milliseconds since the epoch. */
  readonly startedAt: number
}

/** What a node has on disk of a zone. It says nothing of the network. */
export interface ZoneInspection {
  readonly zoneId: ZoneId
  /** The best record, and when it was last confirmed. */
  readonly stored: StoredRecord | undefined
  /** The highest sequence ever seen. */
  readonly floor: number | undefined
  /** Whether the node republishes it. */
  readonly own: boolean
  /** The records that were put here as own, from the oldest kept to the newest. */
  readonly history: readonly SignedRecord[]
  /** Records that contradict each other, signed with the zone's key. */
  readonly evidence: readonly Equivocation[]
}

/** A running node. */
export interface Node extends ZoneClient, NodeEventTarget, AsyncDisposable {
  readonly peerId: string
  /** Multiaddrs under which others reach it, with its peer ID. */
  readonly addresses: readonly string[]
  /** As `ZoneResolver` says. @throws InvalidNameError for what is no zone ID. */
  resolve: ZoneClient['resolve']
  /** Signs the next record of a zone and puts it; `publish` of this package with the node's clock. */
  publish(request: Omit<PublishRequest, 'now'>, options?: PublishOptions): Promise<Published>
  /** Gives all own zones to peers again, now; the node does so by itself every few hours. */
  republish(options?: RepublishOptions): Promise<RepublishReport>
  inspect(zoneId: ZoneId): Promise<ZoneInspection>
  status(): NodeStatus
  /** Ends everything under way, closes connections and the data directory. May be called again. */
  stop(): Promise<void>
}
