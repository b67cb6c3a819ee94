#include "plan/site_table.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

using namespace amorsize::detail;

namespace {

/// A key whose search begins at `place` of the table.
std::uint64_t key_at(std::uint64_t place, std::uint64_t salt) {
  return ((place + salt * site_table::capacity) << 32U) | 1;
}

}  // namespace

TEST_CASE("a site is found once it is inserted, and only then") {
  site_table table;
  CHECK(table.find(42) == nullptr);
  site& s = table.insert(42);
  CHECK(table.find(42) == &s);
  CHECK(&table.insert(42) == &s);
  CHECK(table.find(43) == nullptr);
}

TEST_CASE("a new site knows nothing, and then what was last stored") {
  site_table table;
  site& s = table.insert(7);
  CHECK(s.load().item_ticks == 0);
  s.store({1.5F, 0.25F});
  s.store({2.5F, 0.75F});
  CHECK(table.find(7)->load().item_ticks == 2.5F);
  CHECK(table.find(7)->load().coefficient_of_variation == 0.75F);
}

TEST_CASE("sites whose search begins at one place are told apart, also around the end") {
  site_table table;
  const std::uint64_t last = site_table::capacity - 1;
  for (std::uint64_t i = 0; i < 5; ++i) {
    table.insert(key_at(last, i)).store({static_cast<float>(i + 1), 0});
  }
  for (std::uint64_t i = 0; i < 5; ++i) {
    REQUIRE(table.find(key_at(last, i)) != nullptr);
    CHECK(table.find(key_at(last, i))->load().item_ticks == static_cast<float>(i + 1));
  }
}

TEST_CASE("where its places are taken, a new site evicts an old one and knows nothing of it") {
  site_table table;
  constexpr std::uint64_t many = 100;
  for (std::uint64_t i = 0; i < many; ++i) {
    site& s = table.insert(key_at(3, i));
    CHECK(s.load().item_ticks == 0);
    s.store({9, 9});
    CHECK(table.find(key_at(3, i)) == &s);
  }
  std::size_t kept = 0;
  for (std::uint64_t i = 0; i < many; ++i) kept += table.find(key_at(3, i)) != nullptr ? 1U : 0U;
  CHECK(kept >= 4);
  CHECK(kept < many);
}

TEST_CASE("far more sites than fit are each found right after they were inserted") {
  site_table table;
  std::uint64_t key = 1;
  std::size_t lost = 0;
  for (std::size_t i = 0; i < 4 * site_table::capacity; ++i) {
    key = key * 6364136223846793005ULL + 1442695040888963407ULL;
    const std::uint64_t mine = key | 1;
    const site* s = &table.insert(mine);
    if (table.find(mine) != s) ++lost;
  }
  CHECK(lost == 0);
}

TEST_CASE("threads that insert the same sites at once get the same places") {
  site_table table;
  constexpr std::size_t keys = 512;
  std::vector<std::vector<site*>> seen(4, std::vector<site*>(keys));
  std::vector<std::thread> threads;
  for (std::vector<site*>& mine : seen) {
    threads.emplace_back([&table, &mine] {
      for (std::size_t k = 0; k < keys; ++k) {
        mine[k] = &table.insert(key_at(8 * k, 0));
        mine[k]->store({static_cast<float>(k + 1), 0});
      }
    });
  }
  for (std::thread& t : threads) t.join();
  for (std::size_t k = 0; k < keys; ++k) {
    for (const auto& other : seen) CHECK(other[k] == seen[0][k]);
    CHECK(seen[0][k]->load().item_ticks == static_cast<float>(k + 1));
  }
}

TEST_CASE("a word is read whole while it is replaced") {
  site s;
  std::atomic<bool> ends{false};
  std::thread writer([&] {
    for (int i = 1; i <= 50'000; ++i) s.store({static_cast<float>(i), static_cast<float>(i)});
    ends = true;
  });
  bool torn = false;
  while (!ends) {
    const decision d = s.load();
    torn = torn || d.item_ticks != d.coefficient_of_variation;
  }
  writer.join();
  CHECK_FALSE(torn);
}

TEST_CASE("a site that takes another one's place does not get what is known of it") {
  site_table table;
  int another = 0;
  auto* const of_another = static_cast<class memory*>(static_cast<void*>(&another));
  for (std::uint64_t i = 0; i < 20; ++i) {
    site& s = table.insert(key_at(3, i));
    CHECK(s.remembered.load() == nullptr);
    CHECK_FALSE(s.waits.load());
    CHECK_FALSE(s.suspect.load());
    s.remembered.store(of_another);
    s.waits.store(true);
    s.suspect.store(true);
  }
}
