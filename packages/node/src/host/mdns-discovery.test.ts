import { execFile, execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const program = fileURLToPath(new URL('mdns-discovery.test-support.ts', import.meta.url))

// A link that ends where it begins, in a network namespace that ends with the program.
const onLink = `
set -e
ip link set lo up
ip link add v0 type veth peer name v1
ip address add 10.99.0.1/24 dev v0
ip link set v0 up
ip link set v1 up
if [ "$2" != none ]; then ip route add "$2" dev v0; fi
exec "$0" --conditions=@signpost/source "$1"
`
const inNamespace = 'exec unshare --net sh -c "$@"'

/** Why there can be no network namespace here, for those who wonder what was not tested. */
function namespaceProblem(): string | undefined {
  const trial = 'ip link add v0 type veth peer name v1'
  try {
    execFileSync('sh', ['-c', inNamespace, 'sh', trial], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'network namespaces need root, unshare and iproute2'
  }
}

const problem = namespaceProblem()

/** What two nodes with no options at all say, on a link with a route. */
async function runOnLink(route: string): Promise<string> {
  const command = ['-c', inNamespace, 'sh', onLink, process.execPath, program, route]
  // Less than the test has, so that no program is left behind.
  const { stdout } = await promisify(execFile)('sh', command, { timeout: 20_000 })
  return stdout.trim()
}

test('two nodes on one link find each other by mDNS, with nothing configured', {
  timeout: 30_000,
}, async context => {
  context.skip(problem !== undefined, problem)

  expect(await runOnLink('default')).toBe('found')
})

test('a node on a link without a route for multicast says so', { timeout: 30_000 }, async context => {
  context.skip(problem !== undefined, problem)

  expect(await runOnLink('none')).toMatch(/^this node cannot look for peers on its link; add a route/)
  expect(await runOnLink('224.0.0.0/4')).toBe('found')
})
