// For forms that speak the console's language: browsers would complain in their own.

/** Focuses the first field that is not filled in as it should be, and gives its name; null when all is well. */
export function firstInvalid(form: HTMLFormElement): string | null {
  const field = form.querySelector<HTMLInputElement>('input:invalid');
  field?.focus();
  return field?.name ?? null;
}
