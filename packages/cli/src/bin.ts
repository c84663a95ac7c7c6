#!/usr/bin/env node
const OLDEST_NODE = [22, 14] as const

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
  process.stderr.write(
    `signpost: Node ${process.versions.node} is too old; install ${OLDEST_NODE.join('.')} or newer\n`,
  )
  process.exit(1)
}

// Only now, because the rest does not even load on an older Node.
const { explain, main } = await import('./main.ts')
const { watchSignals } = await import('./signals.ts')

for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // The reader went away, as `head` does. Whatever the command does besides talking goes on.
    if (error.code !== 'EPIPE') throw error
  })

const argv = process.argv.slice(2)
const surroundings = {
  streams: { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr },
  env: process.env,
  ...watchSignals(process),
}

// What nobody waited for, a rejected promise included.
process.on('uncaughtException', error => {
  process.exit(explain(error, argv, surroundings))
})

process.exit(await main(argv, surroundings))
