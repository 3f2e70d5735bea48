import { InvalidArgumentError } from "commander";

/** Reads an option that is a moment. @throws InvalidArgumentError where it has no time zone. */
export function moment(text: string): Date {
  const at = new Date(text);
  // A date without a zone would mean another moment on every machine.
  if (!/T.*(Z|[+-]\d\d:\d\d)$/.test(text) || Number.isNaN(at.getTime())) {
    throw new InvalidArgumentError("A moment with its time zone is allowed, such as 2026-11-23T10:42:00Z.");
  }
  return at;
}
