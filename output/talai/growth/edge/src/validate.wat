;; Is a body JSON (RFC 8259) in UTF-8, and nested no deeper than allowed? Reads each byte once and builds nothing.
;;
;; check(length, depth): the bytes stand from `input` on. Returns 0 yes, 1 malformed, 2 too deep, 3 not UTF-8.
;; Assembled with wat2wasm (npm wabt); a test assembles it again and compares the bytes.
(module
  (memory (export "memory") 1)
  ;; A byte for each open object (1) or list (0): depths up to 1024. The input follows it.
  (global $input (export "input") i32 (i32.const 1024))
  (global $at (mut i32) (i32.const 0))
  (global $end (mut i32) (i32.const 0))

  ;; The byte at the cursor; 256 behind the end, which is no byte.
  (func $peek (result i32)
    (if (result i32) (i32.lt_u (global.get $at) (global.get $end))
      (then (i32.load8_u (global.get $at)))
      (else (i32.const 256))))

  (func $step
    (global.set $at (i32.add (global.get $at) (i32.const 1))))

  ;; Takes the byte at the cursor if it is $byte; returns whether it was.
  (func $take (param $byte i32) (result i32)
    (if (i32.ne (call $peek) (local.get $byte)) (then (return (i32.const 0))))
    (call $step)
    (i32.const 1))

  (func $space
    (local $byte i32)
    (loop $more
      (local.set $byte (call $peek))
      (if (i32.or
            (i32.or (i32.eq (local.get $byte) (i32.const 0x20)) (i32.eq (local.get $byte) (i32.const 0x0a)))
            (i32.or (i32.eq (local.get $byte) (i32.const 0x0d)) (i32.eq (local.get $byte) (i32.const 0x09))))
        (then (call $step) (br $more)))))

  (func $is_digit (param $byte i32) (result i32)
    (i32.lt_u (i32.sub (local.get $byte) (i32.const 0x30)) (i32.const 10)))

  ;; Takes digits; returns whether there was one.
  (func $digits (result i32)
    (if (i32.eqz (call $is_digit (call $peek))) (then (return (i32.const 0))))
    (loop $more
      (call $step)
      (br_if $more (call $is_digit (call $peek))))
    (i32.const 1))

  ;; Takes a number; returns whether it is one.
  (func $number (result i32)
    (drop (call $take (i32.const 0x2d)))
    ;; A zero stands alone before the point.
    (if (i32.eqz (call $take (i32.const 0x30)))
      (then (if (i32.eqz (call $digits)) (then (return (i32.const 0))))))
    (if (call $take (i32.const 0x2e))
      (then (if (i32.eqz (call $digits)) (then (return (i32.const 0))))))
    (if (i32.eq (i32.or (call $peek) (i32.const 0x20)) (i32.const 0x65))
      (then
        (call $step)
        (if (i32.eqz (call $take (i32.const 0x2b))) (then (drop (call $take (i32.const 0x2d)))))
        (if (i32.eqz (call $digits)) (then (return (i32.const 0))))))
    (i32.const 1))

  (func $is_hex (param $byte i32) (result i32)
    (i32.or
      (call $is_digit (local.get $byte))
      ;; a to f, capitals folded onto them; 256 behind the end stays outside.
      (i32.lt_u (i32.sub (i32.or (local.get $byte) (i32.const 0x20)) (i32.const 0x61)) (i32.const 6))))

  ;; Takes what follows a backslash; returns whether it is an escape.
  (func $escape (result i32)
    (local $byte i32)
    (local $left i32)
    (local.set $byte (call $peek))
    (call $step)
    (if (i32.eq (local.get $byte) (i32.const 0x75)) ;; u and four digits
      (then
        (local.set $left (i32.const 4))
        (loop $more
          (if (i32.eqz (call $is_hex (call $peek))) (then (return (i32.const 0))))
          (call $step)
          (local.set $left (i32.sub (local.get $left) (i32.const 1)))
          (br_if $more (local.get $left)))
        (return (i32.const 1))))
    (i32.or
      (i32.or
        (i32.or (i32.eq (local.get $byte) (i32.const 0x22)) (i32.eq (local.get $byte) (i32.const 0x5c)))
        (i32.or (i32.eq (local.get $byte) (i32.const 0x2f)) (i32.eq (local.get $byte) (i32.const 0x62))))
      (i32.or
        (i32.or (i32.eq (local.get $byte) (i32.const 0x66)) (i32.eq (local.get $byte) (i32.const 0x6e)))
        (i32.or (i32.eq (local.get $byte) (i32.const 0x72)) (i32.eq (local.get $byte) (i32.const 0x74))))))

  ;; Takes a byte from $low to $high; returns whether it was one.
  (func $between (param $low i32) (param $high i32) (result i32)
    (local $byte i32)
    (local.set $byte (call $peek))
    (if (i32.lt_u (local.get $byte) (local.get $low)) (then (return (i32.const 0))))
    (if (i32.gt_u (local.get $byte) (local.get $high)) (then (return (i32.const 0))))
    (call $step)
    (i32.const 1))

  ;; Takes what follows the first byte of a character beyond ASCII (RFC 3629, 4: no surrogates, no overlong forms).
  (func $character (param $first i32) (result i32)
    (local $left i32)
    (local.set $left (i32.const 1))
    (if (i32.lt_u (local.get $first) (i32.const 0xc2)) (then (return (i32.const 0))))
    (if (i32.gt_u (local.get $first) (i32.const 0xf4)) (then (return (i32.const 0))))
    (if (i32.ge_u (local.get $first) (i32.const 0xe0))
      (then
        (local.set $left (i32.const 1))
        (if (i32.eqz
              (call $between
                (select (i32.const 0xa0) (select (i32.const 0x90) (i32.const 0x80) (i32.eq (local.get $first) (i32.const 0xf0)))
                  (i32.eq (local.get $first) (i32.const 0xe0)))
                (select (i32.const 0x9f) (select (i32.const 0x8f) (i32.const 0xbf) (i32.eq (local.get $first) (i32.const 0xf4)))
                  (i32.eq (local.get $first) (i32.const 0xed)))))
          (then (return (i32.const 0))))
        (if (i32.ge_u (local.get $first) (i32.const 0xf0)) (then (local.set $left (i32.const 2))))))
    (loop $more
      (if (i32.eqz (call $between (i32.const 0x80) (i32.const 0xbf))) (then (return (i32.const 0))))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $more (local.get $left)))
    (i32.const 1))

  ;; Takes a string behind its opening quote; returns a verdict of check().
  (func $string (result i32)
    (local $byte i32)
    (loop $more
      (local.set $byte (call $peek))
      (if (i32.lt_u (local.get $byte) (i32.const 0x20)) (then (return (i32.const 1))))
      (if (i32.eq (local.get $byte) (i32.const 256)) (then (return (i32.const 1))))
      (call $step)
      (if (i32.eq (local.get $byte) (i32.const 0x22)) (then (return (i32.const 0))))
      (if (i32.eq (local.get $byte) (i32.const 0x5c))
        (then (if (i32.eqz (call $escape)) (then (return (i32.const 1))))))
      (if (i32.ge_u (local.get $byte) (i32.const 0x80))
        (then (if (i32.eqz (call $character (local.get $byte))) (then (return (i32.const 3))))))
      (br $more))
    (unreachable))

  ;; Takes a key and its colon; returns a verdict.
  (func $key (result i32)
    (local $verdict i32)
    (call $space)
    (if (i32.eqz (call $take (i32.const 0x22))) (then (return (i32.const 1))))
    (local.set $verdict (call $string))
    (if (local.get $verdict) (then (return (local.get $verdict))))
    (call $space)
    (i32.eqz (call $take (i32.const 0x3a))))

  ;; Takes `true`, `false` or `null` by its letters, the first of which is $byte; returns whether it is one.
  (func $word (param $byte i32) (result i32)
    (if (i32.eq (local.get $byte) (i32.const 0x74)) ;; rue
      (then (return (i32.and (i32.and (call $take (i32.const 0x72)) (call $take (i32.const 0x75))) (call $take (i32.const 0x65))))))
    (if (i32.eq (local.get $byte) (i32.const 0x6e)) ;; ull
      (then (return (i32.and (i32.and (call $take (i32.const 0x75)) (call $take (i32.const 0x6c))) (call $take (i32.const 0x6c))))))
    (if (i32.eq (local.get $byte) (i32.const 0x66)) ;; alse
      (then (return
        (i32.and
          (i32.and (call $take (i32.const 0x61)) (call $take (i32.const 0x6c)))
          (i32.and (call $take (i32.const 0x73)) (call $take (i32.const 0x65)))))))
    (i32.const 0))

  (func (export "check") (param $length i32) (param $limit i32) (result i32)
    (local $depth i32)
    (local $byte i32)
    (local $verdict i32)
    (local $object i32)
    (global.set $at (global.get $input))
    (global.set $end (i32.add (global.get $input) (local.get $length)))
    (loop $value
      (call $space)
      (local.set $byte (call $peek))
      (local.set $object (i32.eq (local.get $byte) (i32.const 0x7b)))
      (if (i32.or (local.get $object) (i32.eq (local.get $byte) (i32.const 0x5b)))
        (then
          (if (i32.ge_u (local.get $depth) (local.get $limit)) (then (return (i32.const 2))))
          (i32.store8 (local.get $depth) (local.get $object))
          (local.set $depth (i32.add (local.get $depth) (i32.const 1)))
          (call $step)
          (call $space)
          ;; } or ]: an empty one, which the loop below closes as it closes all.
          (if (i32.ne (call $peek) (select (i32.const 0x7d) (i32.const 0x5d) (local.get $object)))
            (then
              (if (local.get $object)
                (then
                  (local.set $verdict (call $key))
                  (if (local.get $verdict) (then (return (local.get $verdict))))))
              (br $value))))
        (else
          (if (i32.eq (local.get $byte) (i32.const 0x22))
            (then
              (call $step)
              (local.set $verdict (call $string))
              (if (local.get $verdict) (then (return (local.get $verdict)))))
            (else
              (if (i32.or (i32.eq (local.get $byte) (i32.const 0x2d)) (call $is_digit (local.get $byte)))
                (then (if (i32.eqz (call $number)) (then (return (i32.const 1)))))
                (else
                  (call $step)
                  (if (i32.eqz (call $word (local.get $byte))) (then (return (i32.const 1))))))))))
      ;; Behind a value.
      (loop $after
        (call $space)
        (if (i32.eqz (local.get $depth)) (then (return (i32.ne (global.get $at) (global.get $end)))))
        (local.set $object (i32.load8_u (i32.sub (local.get $depth) (i32.const 1))))
        (if (call $take (select (i32.const 0x7d) (i32.const 0x5d) (local.get $object)))
          (then
            (local.set $depth (i32.sub (local.get $depth) (i32.const 1)))
            (br $after)))
        (if (i32.eqz (call $take (i32.const 0x2c))) (then (return (i32.const 1))))
        (if (local.get $object)
          (then
            (local.set $verdict (call $key))
            (if (local.get $verdict) (then (return (local.get $verdict))))))
        (br $value)))
    (unreachable)))
