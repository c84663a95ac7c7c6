// Builds kubo, the IPFS node that tests of this folder's parent talk to, and keeps it out of git. go.mod and go.sum pin
// all of it. kubo's own go.mod replaces go-libp2p by a fork for the sake of newer QUIC modules, which counts for nothing
// in a module that depends on it, so the two QUIC modules stand at what go-libp2p itself asks for.
import { spawnSync } from 'node:child_process'
import { goProblem, kubo } from './binary.ts'

const problem = goProblem()
if (problem !== undefined)
  console.log(`kubo is not built, and the tests that need it are skipped: ${problem}`)
else process.exitCode = build()

function build(): number {
  console.log('building kubo, which takes minutes the first time')
  const { status } = spawnSync(
    'go',
    ['build', '-trimpath', '-ldflags=-s -w', '-o', kubo, 'github.com/ipfs/kubo/cmd/ipfs'],
    // No C compiler: what comes out is the same whether or not there is one.
    { cwd: import.meta.dirname, env: { ...process.env, CGO_ENABLED: '0' }, stdio: 'inherit' },
  )
  if (status === 0) console.log(`kubo is at ${kubo}`)
  return status ?? 1
}
