import { InvalidArgumentError } from "commander";

/** Reads an option that is a whole number within bounds. */
export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new InvalidArgumentError(`${least} to ${most} is allowed.`);
    }
    return value;
  };
