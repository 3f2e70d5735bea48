/** Host and port of a service's URL; HTTPS' own port where it names none. */
export function parseEndpoint(endpoint: string): { host: string; port: number } {
  const { hostname, port } = new URL(endpoint);
  return { host: hostname, port: Number(port || 443) };
}
