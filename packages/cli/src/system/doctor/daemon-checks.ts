import { printDuration } from '../../values/duration.ts'
import { serviceLog } from '../paths.ts'
import { type Check, fail, ok, warn } from './check.ts'
import { installAgain } from './install-again.ts'
import type { Observations } from './observations.ts'

export function checkInstallation(seen: Observations): Check {
  const { installation } = seen
  const name = 'installation'
  if (installation === undefined)
    return warn(
      name,
      'signpost is not installed on this machine, so nothing here asks the gateway by itself',
      'sudo signpost install --dry-run shows what installing would change',
    )
  const { readable, finished, changed } = installation
  if (!readable) return warn(name, 'this user may not see what was installed', 'sudo signpost doctor')
  const again = installAgain(seen)
  if (!finished)
    return fail(name, 'an installation was broken off half way', `${again}, or sudo signpost uninstall`)
  if (changed.length === 0) return ok(name, 'all files are as they were installed')
  const what = changed.map(({ path, gone }) => `${path} ${gone ? 'is gone' : 'was changed'}`).join(', ')
  return changed.some(({ path }) => path === '/etc/resolv.conf')
    ? fail(name, `${what}: another program, such as a DHCP client, has put its own servers there`, again)
    : warn(name, `${what} since signpost was installed`, `${again} puts back what signpost needs`)
}

export function checkConfig({ config }: Observations): Check | undefined {
  const name = 'configuration'
  if (config === undefined) return undefined
  const { path, problem } = config
  return problem === undefined
    ? ok(name, `${path} can be honoured`)
    : fail(name, problem, `mend ${path}, then: signpost gateway check ${path}`)
}

export function checkDaemon({ daemon, installation, dataDir, platform, now }: Observations): Check {
  const name = 'daemon'
  switch (daemon.kind) {
    case 'running': {
      const { version, pid, node } = daemon.status
      return ok(
        name,
        `the daemon runs: signpost ${version}, process ${pid}, for ${printDuration(now - node.startedAt)}`,
      )
    }
    case 'forbidden':
      return warn(
        name,
        `this user may not talk to the daemon on ${dataDir}, so half of it stays unseen`,
        'sudo signpost doctor',
      )
    case 'mute':
      return fail(name, `the daemon does not say how it is: ${daemon.problem}`, serviceLog(platform, {}))
    case 'none':
      return noDaemon(name, installation?.service, dataDir, platform)
  }
}

function noDaemon(
  name: string,
  service: NonNullable<Observations['installation']>['service'],
  dataDir: string,
  platform: NodeJS.Platform,
): Check {
  if (service === undefined)
    return fail(
      name,
      `no daemon runs on ${dataDir}`,
      platform === 'linux' ? 'signpost up' : 'signpost up, or sudo signpost install',
    )
  const { active, lastWords } = service
  const words = lastWords === undefined ? '' : `; it said last: ${lastWords}`
  return active
    ? fail(
        name,
        `the service has started, and no daemon answers on ${dataDir}${words}`,
        serviceLog(platform, {}),
      )
    : fail(name, `the service does not run${words}`, 'sudo systemctl start signpost')
}

export function checkPeers({ daemon }: Observations): Check | undefined {
  const name = 'peers'
  if (daemon.kind !== 'running') return undefined
  const { connected, networks } = daemon.status.node
  if (connected > 0) return ok(name, `${connected} ${connected === 1 ? 'peer is' : 'peers are'} connected`)
  const known = networks.reduce((sum, network) => sum + network.known, 0)
  return warn(
    name,
    `no peer is connected${known === 0 ? '' : `, though ${known} are known`}: zones that are not on this disk cannot be found`,
    'check that this machine reaches the internet, or name a peer with bootstrap in the table [node]',
  )
}
