// Which frames of a stack a reader of Python wants to see: the interpreter's own functions between two Python frames say
// nothing that the Python frames do not, and nor does the way into the kernel.
import type { Stack, StackFrame } from '../store/read-stacks.ts';

/** Of the C API of Python: what runs a frame or calls something. What takes and gives back the GIL stays. */
const CALLS =
  /^_?Py(Eval_(Eval|Vector|CallObj|Frame)|Object_(Call|Vectorcall|FastCall|MakeTpCall)|(Vectorcall|Function|Method|CFunction|Gen|Run|Import)_|_(RunMain|BytesMain|Main)$)/;
/**
 * Functions of the interpreter without a name of the API that do the same: in Python/ceval.c, Objects/call.c, methodobject.c,
 * descrobject.c, classobject.c, typeobject.c, genobject.c, Python/pythonrun.c, Modules/main.c of versions 3.9 to 3.14.
 */
const STATIC_CALLS =
  /^(_TAIL_CALL_|method_(vectorcall|call)|cfunction_(call|vectorcall)|function_code_fastcall|slot_|type_call|wrap(per)?_|gen_(send|iternext)|builtin_(exec|eval|__build_class__)|call_(function|method|attribute)|object_vacall|vectorcall_method|do_call_core|partial_(call|vectorcall)|import_|pymain_|pyrun_|run_(mod|eval_code_obj)|thread_run|t_bootstrap|bootstrap_|pythread_wrapper)/;
/** Where every thread begins. */
const START = /^(_start|main|__libc_start_(main|call_main)(_impl)?|start_thread|_*clone3?|thread_start)(@.*)?$/;
/** How Python calls functions of other languages: nothing in them is the user's own. */
const FOREIGN_CALLS = /^(_ctypes|_cffi_backend)\.|^libffi(-\w+)?\.so/;
/** How the kernel is entered, on x86-64 and arm64, and left again. */
const KERNEL_ENTRY =
  /^(do_syscall_64|entry_SYSCALL_|x64_sys_call|asm_|el0t_64_|el0_svc|do_el0_svc|invoke_syscall|ret_from_fork)/;
const PYTHON_FILE = /(^|\/)(lib)?python[\d.]*\w?(\.so[\d.]*)?$/;

/** Whether a file is the interpreter of Python itself. */
export const isInterpreter = (module: string | null): boolean => module !== null && PYTHON_FILE.test(module);

const isPlumbing = ({ kind, name, module }: StackFrame, outside: boolean): boolean => {
  if (kind !== 'native') return false;
  if (module !== null && FOREIGN_CALLS.test(module)) return true;
  if (name === null || name === '') return isInterpreter(module);
  if (CALLS.test(name) || (outside && START.test(name))) return true;
  return isInterpreter(module) && STATIC_CALLS.test(name);
};

const isEntry = ({ kind, name }: StackFrame): boolean => kind === 'kernel' && KERNEL_ENTRY.test(name ?? '');

/** The frames to show, innermost first; `native`: all of them. */
export const visibleFrames = ({ frames }: Stack, native: boolean): readonly StackFrame[] => {
  if (native) return frames;
  const outermost = frames.findLastIndex(({ kind }) => kind === 'python');
  const shown = frames.filter((frame, i) => !isEntry(frame) && (outermost < 0 || !isPlumbing(frame, i > outermost)));
  return shown.length === 0 ? frames : shown;
};
