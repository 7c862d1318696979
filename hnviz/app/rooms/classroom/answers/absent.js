// @ts-check
// Which students have not answered.

const MOST = 30; // numbers in the sentence

/** @param {number[]} numbers */
export function absentText(numbers) {
  if (!numbers.length) return "Everyone who is here has answered.";
  const named = numbers.slice(0, MOST).map(String);
  if (numbers.length > MOST) named.push(`${numbers.length - MOST} more`);
  const last = named.pop();
  const listed = named.length ? `${named.join(", ")} and ${last}` : last;
  return `Not answered: ${numbers.length === 1 ? "student" : "students"} ${listed}.`;
}
