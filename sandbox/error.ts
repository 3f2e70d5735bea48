/**
 * Something that the user of the sandbox can put right: the message says what was found and what to do, and is shown
 * without a stack trace.
 */
export class SandboxError extends Error {
  override readonly name = "SandboxError";
}
