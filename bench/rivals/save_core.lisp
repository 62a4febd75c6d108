;;; Saves an executable core: an image of a Lisp with some libraries loaded.
;;;
;;;   CORE=FILE LIBRARIES="alexandria babel" sbcl --script bench/rivals/save_core.lisp
;;;
;;; By environment, because versions differ in what --script leaves on the command line. The saved
;;; program ends at once. With an argument it says that it is there and waits for the end of its
;;; input, so that its memory can be looked at.

(defun words (text)
  "The words of TEXT, which are separated by single spaces."
  (loop for start = 0 then (1+ end)
        for end = (position #\Space text :start start)
        for word = (subseq text start end)
        unless (string= word "") collect word
        while end))

(let ((libraries (words (or (sb-ext:posix-getenv "LIBRARIES") ""))))
  (when libraries
    (require :asdf)
    (dolist (library libraries)
      (funcall (intern "LOAD-SYSTEM" :asdf) library))))

(defun main ()
  (when (rest sb-ext:*posix-argv*)
    (write-line "ready")
    (finish-output)
    (read-line *standard-input* nil))
  ;; :abort skips unwinding and finalizers: the fastest way out that this Lisp has.
  (sb-ext:exit :code 0 :abort t))

(sb-ext:save-lisp-and-die (sb-ext:posix-getenv "CORE")
                          :executable t :toplevel #'main :save-runtime-options t)
