import type { Limits } from './limits.ts'
import type { Settings } from './options.ts'

/** Limits of what is made once, at the start, and goes on over reloads: the cache, the connections and the certificate. */
export const RESTART_LIMITS: readonly (keyof Limits)[] = [
  'cacheOctets',
  'positiveTtl',
  'negativeTtl',
  'failureTtl',
  'staleKept',
  'guardPatience',
  'guardProof',
  'guardPace',
  'guardQuestions',
  'pinPace',
  'pinnedDomains',
  'tcpConnections',
  'tcpPerClient',
  'tcpPending',
  'tcpUnsent',
  'tcpIdle',
  'tlsIdle',
  'tlsHandshake',
  'httpsQuery',
  'certificateCheck',
]

/** The options, as paths, that are not as a running gateway goes on with them until it is started again. */
export function waitingForRestart(
  started: Pick<Settings, 'limits'>,
  now: Pick<Settings, 'limits'>,
): string[] {
  return RESTART_LIMITS.filter(name => started.limits[name] !== now.limits[name]).map(
    name => `limits.${name}`,
  )
}
