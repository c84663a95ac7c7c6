import type { Check } from './check.ts'
import { checkCertificate, checkClock, checkDisk } from './machine-checks.ts'
import { checkConfig, checkDaemon, checkInstallation, checkPeers } from './daemon-checks.ts'
import { checkListening, checkPort, checkResolver } from './path-checks.ts'
import { checkLoops, checkUpstreams } from './upstream-checks.ts'
import type { Observations } from './observations.ts'

/** Everything that is looked at, in the order in which a query meets it. */
export function examine(seen: Observations): Check[] {
  return [
    checkInstallation(seen),
    checkConfig(seen),
    checkDaemon(seen),
    ...checkListening(seen),
    checkPort(seen),
    checkResolver(seen),
    checkUpstreams(seen),
    checkLoops(seen),
    checkPeers(seen),
    checkCertificate(seen),
    checkClock(seen),
    checkDisk(seen),
  ].filter(check => check !== undefined)
}
