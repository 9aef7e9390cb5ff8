#include "cli/command_line.h"

int main(int argc, char** argv) {
  return orchestrator::run_program(argc, argv, orchestrator::run_command_line);
}
