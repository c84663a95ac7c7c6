/** What a promise resolves to; undefined where that takes longer than so many milliseconds. */
export async function within<T>(limit: number, wait: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const tooLong = new Promise<undefined>(resolve => {
    timer = setTimeout(() => {
      resolve(undefined)
    }, limit)
  })
  try {
    return await Promise.race([wait, tooLong])
  } finally {
    clearTimeout(timer)
  }
}
