import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'

/** Namespaces of Linux, the best first. The last word of each that can be made is where the drill runs. */
const WAYS: readonly (readonly string[])[] = [
  ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
  ['--net', '--mount'],
].flatMap(namespaces => [namespaces, ['--user', '--map-root-user', ...namespaces]])

/** Programs ask for addresses only where the machine has one that is not of loopback (getaddrinfo(3), AI_ADDRCONFIG). */
const NETWORK = 'ip link set lo up && ip address add 192.0.2.254/32 dev lo'
const PROBE = `${NETWORK} && unshare --mount mount --bind /etc/hosts /etc/resolv.conf`

/** Set inside. */
const INSIDE = 'SIGNPOST_DRILL_INSIDE'

/** Whether this process is in a network of its own, where every port is free and nothing leads out. */
export function isInOwnSpace(env: Readonly<Record<string, string | undefined>>): boolean {
  return env[INSIDE] !== undefined
}

/** What stands before a program that shall run in a network of its own. Undefined where that cannot be had. */
export function ownSpace(): readonly string[] | undefined {
  if (process.platform !== 'linux') return undefined
  return WAYS.map(namespaces => ['unshare', ...namespaces]).find(
    ([unshare = '', ...args]) =>
      spawnSync(unshare, [...args, 'sh', '-c', PROBE], { stdio: 'ignore', timeout: 10_000 }).status === 0,
  )
}

/**
 * Runs this very command once more, in a network of its own, and returns what it ended with.
 * @param stop lets it stop in order. It stops too when this process dies.
 */
export async function runInside(space: readonly string[], stop: AbortSignal): Promise<number> {
  const [unshare = '', ...args] = space
  const command = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  const child = spawn(unshare, [...args, 'sh', '-c', `${NETWORK} && exec "$0" "$@"`, ...command], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [INSIDE]: '1' },
  })
  const ended = once(child, 'exit') as Promise<[number | null]>
  const end = (): void => {
    if (child.connected) child.disconnect()
  }
  if (stop.aborted) end()
  stop.addEventListener('abort', end)
  try {
    const [code] = await ended
    return code ?? 1
  } finally {
    stop.removeEventListener('abort', end)
  }
}

/** Aborts when the process outside that started this one stops or dies. */
export function whenOutsideEnds(): AbortSignal {
  const controller = new AbortController()
  process.once('disconnect', () => controller.abort())
  // Only so that the end is noticed; the process may end while it is connected.
  process.channel?.unref()
  return controller.signal
}
