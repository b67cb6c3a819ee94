#include "learning/plot.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <ostream>
#include <sstream>

namespace learning {
namespace {

constexpr double width = 760;
constexpr double height = 420;
constexpr double left = 60;
constexpr double right = 150;  // for the names
constexpr double top = 50;
constexpr double bottom = 50;
constexpr double most = 0.2;  // extra time at the upper edge; what is above it is cut

/// From runs and extra times to places in the picture.
class scale {
 public:
  explicit scale(std::size_t runs)
      : last_(static_cast<double>(std::max<std::size_t>(runs, 2)) - 1) {}

  double x(double run) const { return left + (width - left - right) * run / last_; }
  double y(double extra) const {
    return height - bottom - (height - top - bottom) * std::min(extra, most) / most;
  }
  double last() const { return last_; }

 private:
  double last_;
};

std::vector<double> extras_of_run(const played& p, std::size_t run) {
  std::vector<double> all;
  for (const trial& t : p.trials) all.push_back(t.extra[run]);
  return all;
}

void draw_axes(std::ostream& to, const scale& at) {
  for (int percent = 0; percent <= 100 * most; percent += 10) {
    const double y = at.y(percent / 100.0);
    to << "<path d='M" << at.x(0) << ' ' << y << 'H' << at.x(at.last())
       << "' stroke='#dddddd'/>\n<text x='" << left - 8 << "' y='" << y + 4
       << "' text-anchor='end'>" << percent << " %</text>\n";
  }
  for (int run = 5; run <= at.last() + 1; run += 5) {
    to << "<text x='" << at.x(run - 1) << "' y='" << height - bottom + 18
       << "' text-anchor='middle'>" << run << "</text>\n";
  }
  to << "<text x='" << (at.x(0) + at.x(at.last())) / 2 << "' y='" << height - 12
     << "' text-anchor='middle'>run</text>\n";
}

/// The middle 80 % of all pairs.
void draw_band(std::ostream& to, const played& p, const scale& at, const char* colour) {
  const std::size_t runs = p.trials.front().extra.size();
  to << "<polygon fill='" << colour << "' opacity='0.12' points='";
  for (std::size_t run = 0; run < runs; ++run) {
    to << at.x(static_cast<double>(run)) << ',' << at.y(quantile(extras_of_run(p, run), 0.9))
       << ' ';
  }
  for (std::size_t run = runs; run-- > 0;) {
    to << at.x(static_cast<double>(run)) << ',' << at.y(quantile(extras_of_run(p, run), 0.1))
       << ' ';
  }
  to << "'/>\n";
}

/// \returns where it ends
double draw_mean(std::ostream& to, const played& p, const scale& at, const char* colour) {
  double y = 0;
  to << "<polyline fill='none' stroke-width='2' stroke='" << colour << "' points='";
  for (std::size_t run = 0; run < p.trials.front().extra.size(); ++run) {
    y = at.y(mean_of(extras_of_run(p, run)));
    to << at.x(static_cast<double>(run)) << ',' << y << ' ';
  }
  to << "'/>\n";
  return y;
}

struct label {
  double y = 0;
  const char* colour = "";
  std::string text;
};

/// Beside the ends of their lines, but not over each other.
void draw_labels(std::ostream& to, std::vector<label> labels, const scale& at) {
  constexpr double line = 16;
  std::sort(labels.begin(), labels.end(), [](const label& a, const label& b) { return a.y > b.y; });
  double lowest = height - bottom + 4;
  for (const label& l : labels) {
    const double y = std::min(l.y + 4, lowest);
    lowest = y - line;
    to << "<text x='" << at.x(at.last()) + 8 << "' y='" << y << "' fill='" << l.colour << "'>"
       << l.text << "</text>\n";
  }
}

}  // namespace

std::string plot(const std::vector<played>& all) {
  constexpr std::array colours{"#1b6ca8", "#555555", "#c0392b", "#8e44ad", "#d98200"};
  const scale at(all.front().trials.front().extra.size());
  std::ostringstream to;
  to << "<svg xmlns='http://www.w3.org/2000/svg' width='" << width << "' height='" << height
     << "' font-family='sans-serif' font-size='12'>\n<rect width='100%' height='100%' "
        "fill='white'/>\n<text x='"
     << left << "' y='22' font-size='14'>Time beyond the best configuration's, "
     << all.front().trials.size() << " simulated workloads and machines</text>\n<text x='" << left
     << "' y='40' fill='#555555'>lines: mean, exploration included; bands: the middle 80 % of the "
        "learner and of the prior alone</text>\n";
  draw_axes(to, at);
  for (std::size_t i = std::min<std::size_t>(all.size(), 2); i-- > 0;) {
    draw_band(to, all[i], at, colours[i]);
  }
  std::vector<label> labels;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const char* const colour = colours[i % colours.size()];
    labels.push_back({draw_mean(to, all[i], at, colour), colour, all[i].name});
  }
  draw_labels(to, labels, at);
  to << "</svg>\n";
  return to.str();
}

}  // namespace learning
