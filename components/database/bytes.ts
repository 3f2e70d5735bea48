/** An amount in PostgreSQL's notation: whole megabytes, between `least` and `most` bytes. */
export function megabytes(bytes: number, least: number, most: number): string {
  return `${Math.floor(Math.min(Math.max(bytes, least), most) / 2 ** 20)}MB`;
}
