// Shows the product for any recurrent weight, lag and activation. Without it, the table beside it says the same for six weights.
// suite/explain/power.py computes the same; a test compares the two.
(() => {
  const part = document.getElementById("try"), {rate, tooSmall, tooLarge} = part.dataset;
  const byId = name => document.getElementById(`try-${name}`);
  const weight = byId("weight"), days = byId("days"), svg = byId("bars"), drawing = byId("drawing");
  const checked = name => part.querySelector(`input[name=${name}]:checked`).value;
  const activations = {
    tanh: [Math.tanh, h => 1 - h * h],
    sigmoid: [z => 1 / (1 + Math.exp(-z)), h => h * (1 - h)],
    relu: [z => Math.max(0, z), h => h > 0 ? 1 : 0],
  };
  const low = -8, high = 8, top = 10, height = 220, left = 46;
  const make = (name, attributes, words) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    if (words) element.textContent = words;
    return svg.appendChild(element);
  };
  const level = value => top + (high - Math.min(Math.max(Math.log10(value), low), high)) / (high - low) * height;
  const raised = number => String(number).replace("-", "\u207b").replace(/\d/g, digit => "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"[digit]);
  const said = value => {
    if (value === 0 || (Math.abs(value) >= 0.01 && Math.abs(value) < 1000)) return value === 0 ? "0" : value.toPrecision(3);
    const [mantissa, exponent] = value.toExponential(1).split("e");
    return `${mantissa}\u00b710${raised(+exponent)}`;
  };
  const sizeOf = change => change === 0 ? "zero" : change < +tooSmall ? "too small" : change > +tooLarge ? "too large" : "usable";
  const tell = (name, value) => {
    const element = byId(name);
    element.textContent = said(value);
    element.dataset.value = value;
  };
  const products = (w, start, activation, lag) => {
    const [value, slope] = activations[activation], found = [1];
    let h = start;
    for (let k = 1; k <= lag; k++) {
      h = value(w * h);
      found.push(found[k - 1] * w * slope(h));
    }
    return found;
  };
  const draw = () => {
    const w = +weight.value, lag = +days.value, activation = checked("activation");
    const found = products(w, +checked("start"), activation, lag), last = found[lag];
    const whole = Math.max(drawing.clientWidth, 240), width = (whole - left - 4) / (lag + 1), every = Math.ceil(28 / width / 5) * 5;
    drawing.setAttribute("viewBox", `0 0 ${whole} 256`);
    svg.replaceChildren();
    for (let exponent = low; exponent <= high; exponent += 2) {
      const y = level(10 ** exponent);
      make("line", {x1: left, x2: left + width * (lag + 1), y1: y, y2: y, class: exponent ? "grid" : "axis"});
      make("text", {x: left - 6, y: y + 4, "text-anchor": "end", class: "small faint"}, exponent ? "10" + raised(exponent) : "1");
    }
    found.forEach((product, k) => {
      [["linear", w ** k, .06, .88], [product > 1 ? "tanh large" : "tanh", product, .24, .52]].forEach(([style, value, from, share]) => {
        if (value <= 0) return;
        const y = level(value);
        make("rect", {x: left + width * (k + from), y: Math.min(y, level(1)) - 1, width: width * share, height: Math.max(Math.abs(y - level(1)), 2), class: style});
      });
      if (k % every === 0) make("text", {x: left + width * (k + .5), y: top + height + 18, "text-anchor": "middle", class: "small faint"}, String(k));
    });
    const change = rate * last, size = sizeOf(change);
    byId("key").classList.toggle("large", last > 1);
    byId("value").textContent = w.toFixed(2);
    byId("lag").textContent = lag;
    byId("name").textContent = activation;
    tell("product", last);
    tell("linear", w ** lag);
    tell("change", change);
    byId("size").textContent = size;
    byId("size").className = `word ${size.replace(" ", "-")}`;
    weight.setAttribute("aria-valuetext", `w = ${w.toFixed(2)}: with ${activation} ${said(last)}, without an activation ${said(w ** lag)}`);
    days.setAttribute("aria-valuetext", `lag ${lag}: with ${activation} ${said(last)}, without an activation ${said(w ** lag)}`);
  };
  part.querySelectorAll("input").forEach(control => control.addEventListener("input", draw));
  addEventListener("resize", draw);
  byId("controls").hidden = false;
  draw();
})();
