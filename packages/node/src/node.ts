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
  /** The base URL of the Delegated Routing V1 HTTP API that it serves; undefined where it serves none. */
  readonly http: string | undefined
  /** In the order of the option. */
  readonly networks: readonly NetworkStatus[]
  readonly mdns: boolean
  /** Undefined for a node that keeps everything in memory. */
  readonly dataDir: string | undefined
  /** Peers with an open connection. */
  readonly connected: number
  readonly bootstrap: readonly BootstrapState[]
  /** Zones that are followed. */
  readonly followed: number
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
  /** Whether it was put here. The node republishes it, and what is followed. */
  readonly own: boolean
  readonly followed: boolean
  /** The records that were put here as own, from the oldest kept to the newest. */
  readonly history: readonly SignedRecord[]
  /** Records that contradict each other, signed with the zone's key. */
  readonly evidence: readonly Equivocation[]
}

/** A zone that a node keeps alive for its owner. */
export interface FollowedZone {
  readonly zoneId: ZoneId
  /** Milliseconds since the epoch. */
  readonly since: number
  /** The best record, and when it was last confirmed; undefined where none was found yet. */
  readonly stored: StoredRecord | undefined
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
  /**
   * Follows a zone from now on: it is looked for at once and then again and again (`FOLLOW_INTERVAL`), and its signed
   * octets are given to peers like those of own zones, for as long as they are valid, so that its names survive their
   * publisher. On disk when it resolves, to whether that is new; what is found comes as `record` events.
   * @throws InvalidNameError for what is no zone ID.
   */
  follow(zoneId: ZoneId): Promise<boolean>
  /** Follows a zone no longer. Resolves to whether it was followed. @throws as `follow` does. */
  unfollow(zoneId: ZoneId): Promise<boolean>
  /** Followed zones, in the order of their IDs. */
  follows(): Promise<FollowedZone[]>
  /** Whether this node keeps a zone alive: it was published here, or is followed. */
  keepsAlive(zoneId: ZoneId): boolean
  /** All that it keeps alive, in the order of their IDs. */
  keptAlive(): Promise<readonly ZoneId[]>
  /** Gives all own and followed zones to peers again, now; the node does so by itself every few hours. */
  republish(options?: RepublishOptions): Promise<RepublishReport>
  inspect(zoneId: ZoneId): Promise<ZoneInspection>
  status(): NodeStatus
  /**
   * Ends everything under way, closes connections and the data directory. May be called again. What is asked of the node
   * from then on rejects: `resolve` with ResolveFailedError (RESOLVE_FAILED) for the reason `stopped`, and all else with
   * NodeStoppedError (NODE_STOPPED).
   */
  stop(): Promise<void>
}
