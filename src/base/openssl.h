/*
 * OpenSSL's functions, as far as they are used here, by their own names. Starting a program that is linked with the
 * library costs a millisecond, whether it encrypts or not; so it is loaded when somebody asks for it, and each name below
 * stands for a pointer then. With OPENSSL_IS_LINKED (a static program can load nothing) they are the library's own.
 *
 * A function is named twice: in the list, and as a macro behind it. Where one of the two is forgotten, nothing is linked.
 */
#ifndef SKT_BASE_OPENSSL_H
#define SKT_BASE_OPENSSL_H

/* Nothing that a later version may lack. */
#define OPENSSL_API_COMPAT 30000
#define OPENSSL_NO_DEPRECATED

#include "base/fault.h"
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

/* Before any of the others is called. Returns 0, or -1 with STATUS_LOCAL if the library cannot be had. */
int openssl_load(struct fault *fault);

#ifndef OPENSSL_IS_LINKED

/* clang-format off */
#define OPENSSL_FUNCTIONS(each) \
    each(ASN1_INTEGER_set_uint64) \
    each(BIO_clear_flags) \
    each(BIO_ctrl) \
    each(BIO_free) \
    each(BIO_get_data) \
    each(BIO_get_new_index) \
    each(BIO_meth_free) \
    each(BIO_meth_new) \
    each(BIO_meth_set_ctrl) \
    each(BIO_meth_set_read_ex) \
    each(BIO_meth_set_write_ex) \
    each(BIO_new) \
    each(BIO_read) \
    each(BIO_s_mem) \
    each(BIO_set_data) \
    each(BIO_set_flags) \
    each(BIO_set_init) \
    each(ERR_clear_error) \
    each(ERR_peek_error) \
    each(ERR_peek_last_error) \
    each(ERR_reason_error_string) \
    each(EVP_PKEY_Q_keygen) \
    each(EVP_PKEY_free) \
    each(EVP_Q_digest) \
    each(EVP_sha256) \
    each(OSSL_STORE_INFO_free) \
    each(OSSL_STORE_INFO_get1_CERT) \
    each(OSSL_STORE_INFO_get1_PKEY) \
    each(OSSL_STORE_INFO_get_type) \
    each(OSSL_STORE_close) \
    each(OSSL_STORE_eof) \
    each(OSSL_STORE_load) \
    each(OSSL_STORE_open) \
    each(RAND_bytes) \
    each(SSL_CIPHER_get_name) \
    each(SSL_CTX_check_private_key) \
    each(SSL_CTX_ctrl) \
    each(SSL_CTX_free) \
    each(SSL_CTX_get0_certificate) \
    each(SSL_CTX_get0_param) \
    each(SSL_CTX_load_verify_dir) \
    each(SSL_CTX_load_verify_file) \
    each(SSL_CTX_new) \
    each(SSL_CTX_set_alpn_protos) \
    each(SSL_CTX_set_alpn_select_cb) \
    each(SSL_CTX_set_cert_verify_callback) \
    each(SSL_CTX_set_cipher_list) \
    each(SSL_CTX_set_ciphersuites) \
    each(SSL_CTX_set_default_read_buffer_len) \
    each(SSL_CTX_set_default_verify_paths) \
    each(SSL_CTX_set_keylog_callback) \
    each(SSL_CTX_set_num_tickets) \
    each(SSL_CTX_set_options) \
    each(SSL_CTX_set_verify) \
    each(SSL_CTX_use_PrivateKey) \
    each(SSL_CTX_use_certificate) \
    each(SSL_ctrl) \
    each(SSL_do_handshake) \
    each(SSL_free) \
    each(SSL_get0_alpn_selected) \
    each(SSL_get1_peer_certificate) \
    each(SSL_get_current_cipher) \
    each(SSL_get_error) \
    each(SSL_get_ex_data) \
    each(SSL_get_servername) \
    each(SSL_get_verify_result) \
    each(SSL_get_version) \
    each(SSL_has_pending) \
    each(SSL_new) \
    each(SSL_read_ex) \
    each(SSL_rstate_string) \
    each(SSL_select_next_proto) \
    each(SSL_set_accept_state) \
    each(SSL_set_bio) \
    each(SSL_set_connect_state) \
    each(SSL_set_ex_data) \
    each(SSL_shutdown) \
    each(SSL_write_ex) \
    each(TLS_client_method) \
    each(TLS_server_method) \
    each(UI_UTIL_wrap_read_pem_callback) \
    each(UI_destroy_method) \
    each(X509_NAME_add_entry_by_txt) \
    each(X509_NAME_print_ex) \
    each(X509_STORE_CTX_get0_cert) \
    each(X509_STORE_CTX_set_error) \
    each(X509_VERIFY_PARAM_set1_host) \
    each(X509_VERIFY_PARAM_set1_ip_asc) \
    each(X509_VERIFY_PARAM_set_hostflags) \
    each(X509_digest) \
    each(X509_free) \
    each(X509_get_serialNumber) \
    each(X509_get_subject_name) \
    each(X509_getm_notAfter) \
    each(X509_getm_notBefore) \
    each(X509_gmtime_adj) \
    each(X509_new) \
    each(X509_set_issuer_name) \
    each(X509_set_pubkey) \
    each(X509_set_version) \
    each(X509_sign) \
    each(X509_verify_cert_error_string)
/* clang-format on */

/* Filled in by openssl_load, and never changed again. */
#define OPENSSL_MEMBER(name) __typeof__(&(name)) name;
extern struct openssl {
    OPENSSL_FUNCTIONS(OPENSSL_MEMBER)
} openssl;

#define ASN1_INTEGER_set_uint64 openssl.ASN1_INTEGER_set_uint64
#define BIO_clear_flags openssl.BIO_clear_flags
#define BIO_ctrl openssl.BIO_ctrl
#define BIO_free openssl.BIO_free
#define BIO_get_data openssl.BIO_get_data
#define BIO_get_new_index openssl.BIO_get_new_index
#define BIO_meth_free openssl.BIO_meth_free
#define BIO_meth_new openssl.BIO_meth_new
#define BIO_meth_set_ctrl openssl.BIO_meth_set_ctrl
#define BIO_meth_set_read_ex openssl.BIO_meth_set_read_ex
#define BIO_meth_set_write_ex openssl.BIO_meth_set_write_ex
#define BIO_new openssl.BIO_new
#define BIO_read openssl.BIO_read
#define BIO_s_mem openssl.BIO_s_mem
#define BIO_set_data openssl.BIO_set_data
#define BIO_set_flags openssl.BIO_set_flags
#define BIO_set_init openssl.BIO_set_init
#define ERR_clear_error openssl.ERR_clear_error
#define ERR_peek_error openssl.ERR_peek_error
#define ERR_peek_last_error openssl.ERR_peek_last_error
#define ERR_reason_error_string openssl.ERR_reason_error_string
#define EVP_PKEY_Q_keygen openssl.EVP_PKEY_Q_keygen
#define EVP_PKEY_free openssl.EVP_PKEY_free
#define EVP_Q_digest openssl.EVP_Q_digest
#define EVP_sha256 openssl.EVP_sha256
#define OSSL_STORE_INFO_free openssl.OSSL_STORE_INFO_free
#define OSSL_STORE_INFO_get1_CERT openssl.OSSL_STORE_INFO_get1_CERT
#define OSSL_STORE_INFO_get1_PKEY openssl.OSSL_STORE_INFO_get1_PKEY
#define OSSL_STORE_INFO_get_type openssl.OSSL_STORE_INFO_get_type
#define OSSL_STORE_close openssl.OSSL_STORE_close
#define OSSL_STORE_eof openssl.OSSL_STORE_eof
#define OSSL_STORE_load openssl.OSSL_STORE_load
#define OSSL_STORE_open openssl.OSSL_STORE_open
#define RAND_bytes openssl.RAND_bytes
#define SSL_CIPHER_get_name openssl.SSL_CIPHER_get_name
#define SSL_CTX_check_private_key openssl.SSL_CTX_check_private_key
#define SSL_CTX_ctrl openssl.SSL_CTX_ctrl
#define SSL_CTX_free openssl.SSL_CTX_free
#define SSL_CTX_get0_certificate openssl.SSL_CTX_get0_certificate
#define SSL_CTX_get0_param openssl.SSL_CTX_get0_param
#define SSL_CTX_load_verify_dir openssl.SSL_CTX_load_verify_dir
#define SSL_CTX_load_verify_file openssl.SSL_CTX_load_verify_file
#define SSL_CTX_new openssl.SSL_CTX_new
#define SSL_CTX_set_alpn_protos openssl.SSL_CTX_set_alpn_protos
#define SSL_CTX_set_alpn_select_cb openssl.SSL_CTX_set_alpn_select_cb
#define SSL_CTX_set_cert_verify_callback openssl.SSL_CTX_set_cert_verify_callback
#define SSL_CTX_set_cipher_list openssl.SSL_CTX_set_cipher_list
#define SSL_CTX_set_ciphersuites openssl.SSL_CTX_set_ciphersuites
#define SSL_CTX_set_default_read_buffer_len openssl.SSL_CTX_set_default_read_buffer_len
#define SSL_CTX_set_default_verify_paths openssl.SSL_CTX_set_default_verify_paths
#define SSL_CTX_set_keylog_callback openssl.SSL_CTX_set_keylog_callback
#define SSL_CTX_set_num_tickets openssl.SSL_CTX_set_num_tickets
#define SSL_CTX_set_options openssl.SSL_CTX_set_options
#define SSL_CTX_set_verify openssl.SSL_CTX_set_verify
#define SSL_CTX_use_PrivateKey openssl.SSL_CTX_use_PrivateKey
#define SSL_CTX_use_certificate openssl.SSL_CTX_use_certificate
#define SSL_ctrl openssl.SSL_ctrl
#define SSL_do_handshake openssl.SSL_do_handshake
#define SSL_free openssl.SSL_free
#define SSL_get0_alpn_selected openssl.SSL_get0_alpn_selected
#define SSL_get1_peer_certificate openssl.SSL_get1_peer_certificate
#define SSL_get_current_cipher openssl.SSL_get_current_cipher
#define SSL_get_error openssl.SSL_get_error
#define SSL_get_ex_data openssl.SSL_get_ex_data
#define SSL_get_servername openssl.SSL_get_servername
#define SSL_get_verify_result openssl.SSL_get_verify_result
#define SSL_get_version openssl.SSL_get_version
#define SSL_has_pending openssl.SSL_has_pending
#define SSL_new openssl.SSL_new
#define SSL_read_ex openssl.SSL_read_ex
#define SSL_rstate_string openssl.SSL_rstate_string
#define SSL_select_next_proto openssl.SSL_select_next_proto
#define SSL_set_accept_state openssl.SSL_set_accept_state
#define SSL_set_bio openssl.SSL_set_bio
#define SSL_set_connect_state openssl.SSL_set_connect_state
#define SSL_set_ex_data openssl.SSL_set_ex_data
#define SSL_shutdown openssl.SSL_shutdown
#define SSL_write_ex openssl.SSL_write_ex
#define TLS_client_method openssl.TLS_client_method
#define TLS_server_method openssl.TLS_server_method
#define UI_UTIL_wrap_read_pem_callback openssl.UI_UTIL_wrap_read_pem_callback
#define UI_destroy_method openssl.UI_destroy_method
#define X509_NAME_add_entry_by_txt openssl.X509_NAME_add_entry_by_txt
#define X509_NAME_print_ex openssl.X509_NAME_print_ex
#define X509_STORE_CTX_get0_cert openssl.X509_STORE_CTX_get0_cert
#define X509_STORE_CTX_set_error openssl.X509_STORE_CTX_set_error
#define X509_VERIFY_PARAM_set1_host openssl.X509_VERIFY_PARAM_set1_host
#define X509_VERIFY_PARAM_set1_ip_asc openssl.X509_VERIFY_PARAM_set1_ip_asc
#define X509_VERIFY_PARAM_set_hostflags openssl.X509_VERIFY_PARAM_set_hostflags
#define X509_digest openssl.X509_digest
#define X509_free openssl.X509_free
#define X509_get_serialNumber openssl.X509_get_serialNumber
#define X509_get_subject_name openssl.X509_get_subject_name
#define X509_getm_notAfter openssl.X509_getm_notAfter
#define X509_getm_notBefore openssl.X509_getm_notBefore
#define X509_gmtime_adj openssl.X509_gmtime_adj
#define X509_new openssl.X509_new
#define X509_set_issuer_name openssl.X509_set_issuer_name
#define X509_set_pubkey openssl.X509_set_pubkey
#define X509_set_version openssl.X509_set_version
#define X509_sign openssl.X509_sign
#define X509_verify_cert_error_string openssl.X509_verify_cert_error_string

#endif

#endif
