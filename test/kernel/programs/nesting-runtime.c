/* Stands in for libcudart: calls that run a callback inside, so that probed calls nest, are left and jump to each other. */
int cudaStreamSynchronize(void (*callback)(void)) {
  if (callback) callback();
  return 0;
}

int cudaEventQuery(void *event) { return event == 0 ? 0 : 600; }

/* Ends in a jump: the return of the second function is the return of both. */
#if defined(__x86_64__)
__asm__(".globl cudaEventSynchronize\n.type cudaEventSynchronize, @function\ncudaEventSynchronize:\n"
        "  push %rbp\n  pop %rbp\n  jmp cudaEventQuery@PLT\n.size cudaEventSynchronize, . - cudaEventSynchronize\n");
#else
int cudaEventSynchronize(void *event) { return cudaEventQuery(event); }
#endif
