// Shows the product for any recurrent weight. Without it, the table beside it says the same for five of them.
(() => {
  const data = document.getElementById("try"), steps = +data.dataset.steps;
  const starts = [...data.querySelectorAll("input[name=start]")];
  const slider = document.getElementById("try-weight"), svg = document.getElementById("try-bars");
  const low = -8, high = 8, top = 10, height = 220, left = 46, width = 22;
  const make = (name, attributes, words) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    if (words) element.textContent = words;
    return svg.appendChild(element);
  };
  const level = value => top + (high - Math.min(Math.max(Math.log10(value), low), high)) / (high - low) * height;
  const said = value => value === 0 ? "0" : value >= 0.01 && value < 1000 ? value.toPrecision(3) : value.toExponential(1).replace("e", "·10^").replace("+", "").replace("-", "\u2212");
  const draw = () => {
    const w = +slider.value;
    svg.replaceChildren();
    for (let exponent = low; exponent <= high; exponent += 2) {
      const y = level(10 ** exponent);
      make("line", {x1: left, x2: left + width * (steps + 1), y1: y, y2: y, class: exponent ? "grid" : "axis"});
      make("text", {x: left - 6, y: y + 4, "text-anchor": "end", class: "small faint"}, exponent ? "10" + String(exponent).replace("-", "\u207b").replace(/\d/g, digit => "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"[digit]) : "1");
    }
    let h = +starts.find(choice => choice.checked).value, product = 1;
    for (let k = 0; k <= steps; k++) {
      if (k) { h = Math.tanh(w * h); product *= w * (1 - h * h); }
      [["linear", w ** k, .06, .88], [product > 1 ? "tanh large" : "tanh", product, .24, .52]].forEach(([style, value, from, share]) => {
        if (value <= 0) return;
        const y = level(value);
        make("rect", {x: left + width * (k + from), y: Math.min(y, level(1)) - 1, width: width * share, height: Math.max(Math.abs(y - level(1)), 2), class: style});
      });
      if (k % 5 === 0) make("text", {x: left + width * (k + .5), y: top + height + 18, "text-anchor": "middle", class: "small faint"}, String(k));
    }
    document.getElementById("try-key").classList.toggle("large", product > 1);
    document.getElementById("try-value").textContent = w.toFixed(2);
    document.getElementById("try-linear").textContent = said(w ** steps);
    document.getElementById("try-tanh").textContent = said(product);
    slider.setAttribute("aria-valuetext", `w = ${w.toFixed(2)}: w to the power of ${steps} is ${said(w ** steps)}, with tanh ${said(product)}`);
  };
  [slider, ...starts].forEach(control => control.addEventListener("input", draw));
  document.getElementById("try-controls").hidden = false;
  draw();
})();
