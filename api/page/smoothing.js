// Curves without their noise.

/** Return an exponential moving mean, freed from its bias to the beginning; `weight` of what came before is in [0, 1). Missing values stay missing. */
export function smoothed(values, weight) {
  if (!weight) return values;
  let mean = 0;
  let known = 0;
  return values.map((value) => {
    if (value === null) return null;
    mean = weight * mean + (1 - weight) * value;
    known = weight * known + 1 - weight;
    return mean / known;
  });
}
