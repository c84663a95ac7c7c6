import type { SignedRecord, Verifier } from '@signpost/core'
import type { Clock } from '../clock.ts'
import type { EmitEvent } from '../events.ts'
import { silentLogger } from '../logger.ts'
import type { PutReceipt, ZoneClient } from '../publish/client.ts'
import { pastRecords } from '../publish/past-records.ts'
import { Publications } from '../publish/publications.ts'
import { putRecord } from '../publish/put.ts'
import { republish } from '../publish/republish.ts'
import { createResolver } from '../resolve/resolve.ts'
import { resolveLimits } from '../resolve/resolve-limits.ts'
import type { Routing } from '../routing/routing.ts'
import type { Store } from '../store/store.ts'

/** One run of a node, which may be killed at any moment. */
export interface Process extends ZoneClient {
  republish(): Promise<unknown>
  /** From now on nothing of it reaches the disk or the network, and nobody hears of it. */
  kill(): void
}

export interface ProcessOptions {
  readonly clock: Clock
  readonly routing: Routing
  /** What it has on disk, which the next one has too. */
  readonly store: Store
  readonly verifier: Verifier
  readonly emit: EmitEvent
  /** Called with every record that is put, before anything is done with it. */
  readonly onPut: (record: SignedRecord) => void
}

/** The real engine in a process of its own. */
export function startProcess(options: ProcessOptions): Process {
  const { clock, verifier, onPut } = options
  let isAlive = true
  const emit: EmitEvent = (name, detail) => {
    if (isAlive) options.emit(name, detail)
  }
  const routing = whileAlive(options.routing, () => isAlive)
  const publications = new Publications(
    whileAlive(options.store, () => isAlive),
    emit,
  )
  const { store } = publications
  const limits = resolveLimits()
  const shared = { routing, store, verifier, clock, emit, logger: silentLogger }
  const resolver = createResolver({ ...shared, limits })
  const context = { ...shared, publications, resolver, putDeadline: 20_000 }
  return {
    resolve: (zoneId, options) => resolver.resolve(zoneId, options),
    put: async (record, options): Promise<PutReceipt> => {
      onPut(record)
      return putRecord(context, record, options)
    },
    history: zoneId => pastRecords(store, zoneId),
    republish: () => republish(context),
    kill: () => {
      isAlive = false
    },
  }
}

/** A port whose calls reach nothing, and never return, once its process is dead. */
function whileAlive<Port extends object>(port: Port, isAlive: () => boolean): Port {
  return new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return (...parameters: unknown[]): unknown =>
        isAlive()
          ? (member as (...all: unknown[]) => unknown).apply(target, parameters)
          : new Promise(() => {})
    },
  })
}
