/// amorsize: a parallel runtime that chooses threads and chunks by itself.
#pragma once

#include "amorsize/error.hpp"
#include "amorsize/explain.hpp"
#include "amorsize/importance.hpp"
#include "amorsize/machine.hpp"
#include "amorsize/optimize.hpp"
#include "amorsize/options.hpp"
#include "amorsize/parallel_for_each.hpp"
#include "amorsize/parallel_map.hpp"
#include "amorsize/per_worker.hpp"
#include "amorsize/plan.hpp"
#include "amorsize/predict.hpp"
#include "amorsize/report.hpp"
#include "amorsize/result_stream.hpp"
#include "amorsize/runtime.hpp"
#include "amorsize/stream_map.hpp"
#include "amorsize/workload.hpp"
