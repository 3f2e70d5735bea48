/** A mistake of the user or of the machine: shown as its message, without a stack trace; the command exits with 2. */
export class UserError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UserError";
  }
}
