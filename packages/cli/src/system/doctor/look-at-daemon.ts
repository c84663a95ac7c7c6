import { SignpostError } from '@signpost/dns'
import { DaemonClient } from '../../daemon/daemon-client.ts'
import { readFollows } from '../../daemon/follows.ts'
import { isServed } from '../../daemon/server.ts'
import { socketPathOf } from '../../daemon/socket-path.ts'
import { readDaemonStatus } from '../../daemon/status.ts'
import type { DaemonSeen } from './observations.ts'

export async function lookAtDaemon(dataDir: string): Promise<DaemonSeen> {
  try {
    const path = socketPathOf(dataDir)
    if (!(await isServed(path))) return { kind: 'none' }
    return { kind: 'running', status: readDaemonStatus(await clientOf(dataDir).call('status', {})) }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EACCES' || code === 'EPERM') return { kind: 'forbidden' }
    if (error instanceof SignpostError || code !== undefined) return { kind: 'mute', problem: message }
    throw error
  }
}

/** Until when the records of followed zones are valid, in milliseconds since the epoch; none where the daemon does not say. */
export async function followedRecords(dataDir: string): Promise<readonly number[]> {
  try {
    const follows = readFollows(await clientOf(dataDir).call('follows', {}))
    return follows.flatMap(({ stored }) => (stored === undefined ? [] : [Date.parse(stored.record.validity)]))
  } catch {
    return []
  }
}

function clientOf(dataDir: string): DaemonClient {
  return new DaemonClient({ path: socketPathOf(dataDir), dataDir })
}
